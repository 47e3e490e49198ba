import type { Instant } from "../../shared/domain/instant.ts";
import type { Connection } from "../ops/connection.ts";
import { enrol, link } from "../ops/registry.ts";
import { remove, SETTLE_MS, survey } from "../ops/removal.ts";
import type { StageName } from "../ops/stage.ts";
import { follow } from "./follow.ts";
import { type SoakVerdict, verdictOf } from "./verdict.ts";
import type { Customer } from "./world.ts";

type SoakOptions = {
  stage: StageName;
  hours: number;
  customers: readonly Customer[];
  connection: Connection;
  now: () => Instant;
  /** Lets real time pass until the next look; ends early once `stopped`. */
  pause: (ms: number) => Promise<void>;
  /** Lets what is under way end; throws when nobody wants to wait for that. */
  settle: (ms: number) => Promise<void>;
  stopped: AbortSignal;
  out: (text: string) => void;
  /** Called before the removal, which takes minutes. */
  onVerdict: (verdict: SoakVerdict) => void;
};

/**
 * Enrols simulated customers in a stage, follows them and judges. Whatever happens on the way, what was enrolled is removed
 * again; throws with the commands that are left to do where that fails.
 */
export async function soak(options: SoakOptions): Promise<SoakVerdict> {
  const { stage, hours, customers, connection, now, pause, stopped, out, onVerdict } = options;
  const entered: Customer[] = [];
  try {
    for (const customer of customers) {
      if (stopped.aborted) break;
      // Before: one that is only half enrolled is removed too.
      entered.push(customer);
      await enter(customer, connection);
    }
    out(`${now()} ${entered.length} simulated assets are enrolled in stage ${stage}\n`);
    const seen = await follow({
      ...{ customers: entered, connection, hours, now, pause },
      isEnded: () => stopped.aborted,
      onLook: (line) => out(`${line}\n`),
    });
    const verdict = verdictOf(seen);
    onVerdict(verdict);
    return verdict;
  } finally {
    await removeAll(entered, options);
  }
}

async function enter({ asset, manifest, simulation }: Customer, connection: Connection): Promise<void> {
  const { expiresInSeconds, ...tokens } = simulation.issueTokens(asset.accountId);
  await link({ integration: asset.integration, accountId: asset.accountId, tokens, expiresInSeconds }, connection);
  await enrol(asset, manifest, connection);
}

/** As any customer is removed: nothing of a soak stays in the stage. */
async function removeAll(entered: readonly Customer[], { stage, connection, settle, out }: SoakOptions): Promise<void> {
  if (entered.length === 0) return;
  out(`\nRemoving the simulated assets: what is under way for them ends within ${SETTLE_MS / 60_000} minutes.\n`);
  const integrations = entered.map(({ manifest }) => manifest);
  const outcomes = await Promise.allSettled(
    entered.map(async ({ asset: { integration, accountId } }) => {
      const found = await survey({ integration, accountId, assetId: undefined }, integrations, connection);
      if (found) await remove(found, integrations, connection, settle);
    }),
  );
  const left = entered.filter((_, index) => outcomes[index]?.status === "rejected");
  if (left.length === 0) return out("They are gone.\n");
  out("Something of these may be left. To go on where it ended:\n");
  for (const { asset } of left)
    out(`  npm run ops -- remove ${asset.integration} ${asset.accountId} --yes --stage ${stage}\n`);
  throw outcomes.find((outcome) => outcome.status === "rejected")?.reason;
}
