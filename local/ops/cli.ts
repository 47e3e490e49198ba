import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { BadInput } from "../feeds/bad-input.ts";
import { addAlarms } from "./alarms.ts";
import type { Integrations } from "./asset-file.ts";
import { addAuditCommands } from "./audit.ts";
import { ledger, ledgerText } from "./commands-text.ts";
import { enrolFile } from "./enrol-assets.ts";
import { failureText } from "./failure.ts";
import { addKillSwitchCommands } from "./kill-switch.ts";
import { linkAccount } from "./link-account.ts";
import { addPortfolioCommands } from "./portfolio-commands.ts";
import { plain, without } from "./printable.ts";
import { addRemove } from "./remove-command.ts";
import { STAGES, type StageName } from "./stage.ts";
import { findAsset, status } from "./status.ts";
import { statusText } from "./status-text.ts";
import type { Target } from "./target.ts";
import type { Input } from "./token-input.ts";
import { addWhyLate } from "./why-late-command.ts";

/** Everything the commands touch outside themselves. */
export type World = {
  stdin: Input;
  out: (text: string) => void;
  err: (text: string) => void;
  open: (stage: StageName | undefined) => Promise<Target>;
  integrations: () => Promise<Integrations>;
  wait: (forMs: number) => Promise<void>;
};

const EXIT = { done: 0, failed: 1, badInput: 2 } as const;

type Global = { stage?: StageName };

/** Runs one command; resolves to the exit code. */
export async function ops(args: readonly string[], world: World): Promise<number> {
  let target: Target | undefined;
  const open = (stage: StageName | undefined) => async () => {
    target = await world.open(stage);
    return target;
  };
  try {
    await program(world, open).parseAsync(args, { from: "user" });
    return EXIT.done;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.badInput;
    world.err(`${error instanceof BadInput ? error.message : failureText(error)}\n`);
    return error instanceof BadInput ? EXIT.badInput : EXIT.failed;
  } finally {
    target?.connection.close();
  }
}

type Open = (stage: StageName | undefined) => () => Promise<Target>;

function program(world: World, open: Open): Command {
  const root = new Command("npm run ops --")
    .description(
      "Enrols assets, links vendor logins, removes customers, sets grid events, and tells what the platform knows and plans.",
    )
    .addOption(
      new Option("--stage <name>", "a stage on AWS; without it, the local platform that is up").choices(STAGES),
    )
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({
      writeOut: world.out,
      writeErr: world.err,
      // An option's value is not repeated: somebody may have put a token there.
      outputError: (text, write) =>
        write(
          text
            .replace(/^error: /, "")
            .replace(/(--[\w-]+)=[^']*'/, "$1'")
            .replace(/\n?$/, "\nTry: npm run ops -- --help\n"),
        ),
    });
  const stage = () => root.opts<Global>().stage;

  root
    .command("enrol")
    .description("adds assets, or replaces them")
    .argument("<file>", "JSON: one asset or an array of assets")
    .action(async (file: string) => {
      world.out(`${await enrolFile(file, await world.integrations(), open(stage()))}\n`);
    });

  root
    .command("link")
    .description("stores a customer's vendor login; the token pair is read from standard input")
    .requiredOption("--integration <name>", "folder name of the integration")
    .requiredOption("--account <id>", "the accountId of the assets it reaches")
    .action(async (login: { integration: string; account: string }) => {
      world.out(`${await linkAccount(login, world.stdin, await world.integrations(), open(stage()))}\n`);
    });

  root
    .command("status")
    .description("what is known, planned and wrong with an asset")
    .argument("<asset>", "assetId, such as car-0001")
    .option("--json", "for scripts")
    .action(async (assetId: string, options: { json?: true }) => {
      const target = await open(stage())();
      const asset = await findAsset(assetId, target);
      const found = await status(asset, target);
      print(asset.vendorAssetId, options.json ? json(found) : statusText(found));
    });

  root
    .command("commands")
    .description("an asset's newest commands, newest first")
    .argument("<asset>", "assetId, such as car-0001")
    .addOption(new Option("--limit <n>", "how many").argParser(limit).default(10))
    .option("--json", "for scripts")
    .action(async (assetId: string, options: { json?: true; limit: number }) => {
      const target = await open(stage())();
      const asset = await findAsset(assetId, target);
      const rows = await ledger(asset, options.limit, target);
      const text = () => ledgerText(asset, rows, target.name, target.connection.now());
      print(asset.vendorAssetId, options.json ? json(rows) : text());
    });

  const target = () => open(stage())();
  addPortfolioCommands(root, target, (text) => print("", text));
  addKillSwitchCommands(root, target, (text) => print("", text));
  addAlarms(root, target, (text) => print("", text));
  addAuditCommands(root, target, world.out);

  addRemove(root, target, world);
  addWhyLate(
    root,
    () => open(stage())(),
    async () => world.integrations(),
    print,
  );

  function print(vendorAssetId: string, text: string): void {
    world.out(`${without(vendorAssetId, text).split("\n").map(plain).join("\n")}\n`);
  }
  return root;
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

function limit(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > 1000)
    throw new InvalidArgumentError("It must be a whole number from 1 to 1000.");
  return value;
}
