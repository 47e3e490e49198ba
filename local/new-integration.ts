import { readFileSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import * as z from "zod";
import { type Answers, refusal } from "./scaffold/answers.ts";
import { checkIntegration } from "./scaffold/check.ts";
import { renderIntegration } from "./scaffold/render.ts";

const KEYS = ["name", "vendor", "capabilities", "owner", "docs_url"] as const;
const FOLDER = fileURLToPath(new URL("../lambdas/integrations", import.meta.url));
const HELP = `npm run new:integration -- [--name acme] [--vendor Acme] [--capabilities reads|charger|car|heat]
                          [--owner team] [--docs-url https://…] [--no-check]

Makes the folder of a new integration, as \`cookiecutter cookiecutter -o lambdas/integrations\` does.
What is not given is asked for at a terminal, and else takes its default.
`;
const Text = z.string();
const Questions = z.object({
  ...{ name: Text, vendor: Text, capabilities: Text, owner: Text, docs_url: Text },
  __prompts__: z.record(z.string(), z.string()),
});

async function main(): Promise<number> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    options: {
      ...{ name: text, vendor: text, capabilities: text, owner: text, "docs-url": text },
      ...{ "no-check": { type: "boolean" }, help: { type: "boolean" } },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const { "docs-url": docsUrl, ...given } = values;
  const answers = await answer({ ...given, docs_url: docsUrl });
  const refused = refusal(answers, FOLDER);
  if (refused !== undefined) {
    process.stderr.write(`${refused}\n`);
    return 2;
  }
  renderIntegration(answers, FOLDER);
  if (values["no-check"]) return 0;
  return checkIntegration(answers.name, (line) => void process.stdout.write(line)) ? 0 : 1;
}

async function answer(given: Partial<Record<keyof Answers, string | boolean | undefined>>): Promise<Answers> {
  const file = new URL("../cookiecutter/cookiecutter.json", import.meta.url);
  const { __prompts__: prompts, ...answers } = Questions.parse(JSON.parse(readFileSync(file, "utf8")));
  const terminal = process.stdin.isTTY ? createInterface({ input: process.stdin, output: process.stdout }) : undefined;
  for (const key of KEYS) {
    const value = given[key];
    if (typeof value === "string") answers[key] = value;
    else if (terminal) answers[key] = (await terminal.question(`${prompts[key]} [${answers[key]}]: `)) || answers[key];
  }
  terminal?.close();
  return answers;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
