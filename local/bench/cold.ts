import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError } from "commander";
import { buildBundles } from "../../lib/bundles.ts";
import { loadManifests } from "../../lib/manifests.ts";
import { startGuardian } from "../guardian.ts";
import { writeOutput } from "../output-file.ts";
import { withFigures } from "./benchmark-page.ts";
import { type Bundled, type ColdStart, codeBytes, coldStart, median, timed } from "./cold-start.ts";
import { markdownTable } from "./growth.ts";

const MOST_KB = 600;
const MOST_INIT_MS = 120;
/** Enough for one process of the runtime's, and no bundle's init depends on it. */
const MEMORY_MB = 256;
const WORK_DIR = fileURLToPath(new URL("../../.headroom/cold", import.meta.url));
const ALONE = "the runtime alone";

const wholeNumber = (text: string) => {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError("not a whole number above 0.");
  return Number(text);
};
const { runs, check, docs } = new Command("npm run bench:cold --")
  .description("Size of each Lambda's bundle, and how long AWS's runtime client takes to load it in a new process.")
  .option("--runs <n>", "cold starts of each, one after the other", wholeNumber, 15)
  .option("--check", `fails when a bundle is above ${MOST_KB} kB; init is only told`)
  .option("--docs <folder>", "also renew cold-start.md in this folder")
  .parse()
  .opts<{ runs: number; check?: boolean; docs?: string }>();

const page = docs === undefined ? undefined : join(docs, "cold-start.md");
// Before the work, not after it.
if (page !== undefined) withFigures(readFileSync(page, "utf8"), "cold-start", "");
const bundles = buildBundles((await loadManifests()).map(({ name }) => name));
const functions = Object.entries(bundles).map(
  ([name, directory]): Bundled => ({ name, directory, memoryMb: MEMORY_MB }),
);
const starts = await measured([emptyFunction(), ...functions]);

const machine = `${new Date().toISOString().slice(0, 10)}; ${cpus()[0]?.model ?? "unknown processor"}, ${cpus().length} threads, Node ${process.version}; load ${loadavg()[0]?.toFixed(1)}; ${runs} cold starts each`;
const rows = [...starts].map(([name, { bytes, all }]) => {
  const of = (part: keyof ColdStart) => Math.round(median(all.map((one) => one[part])));
  return { name, kb: bytes / 1000, initMs: of("initMs"), cpuMs: of("cpuMs"), wholeMs: of("wholeMs") };
});
const table = markdownTable(
  ["", "kB", "init, ms", "of it processor, ms", "process to first ask, ms"],
  rows.map(({ name, kb, initMs, cpuMs, wholeMs }) => [
    name,
    name === ALONE ? "–" : kb.toFixed(0),
    String(initMs),
    String(cpuMs),
    String(wholeMs),
  ]),
);
const said = [
  verdict("size", Math.max(...rows.map(({ kb }) => Math.round(kb))), "kB", MOST_KB),
  verdict("init, median", Math.max(...rows.map(({ initMs }) => initMs)), "ms", MOST_INIT_MS),
];
process.stdout.write(
  `${machine}\n\n${table}\n\n${said.map(({ isMet, text }) => `${isMet ? "met  " : "ABOVE"} ${text}`).join("\n")}\n`,
);
if (page !== undefined) {
  const verdicts = said.map(({ isMet, text }) => `- ${isMet ? "met" : "**above**"}: ${text}`).join("\n");
  writeOutput(page, withFigures(readFileSync(page, "utf8"), "cold-start", [machine, table, verdicts].join("\n\n")));
}
// How long something takes on a machine that others share is no reason to refuse a change; its size is.
process.exitCode = (check ? said.slice(0, 1) : said).every(({ isMet }) => isMet) ? 0 : 1;

function verdict(what: string, most: number, unit: string, bar: number) {
  return { isMet: most <= bar, text: `${what}: at most ${most} ${unit}, may be ${bar}` };
}

/** In turns, so that a busy moment of the machine does not fall on one function. */
async function measured(all: readonly Bundled[]): Promise<Map<string, { bytes: number; all: ColdStart[] }>> {
  const guardian = startGuardian();
  const results = new Map(all.map((one) => [one.name, { bytes: codeBytes(one), all: [] as ColdStart[] }]));
  const around = all.map((one) => ({ ...one, codePath: timed(one, WORK_DIR) }));
  try {
    for (let run = 0; run < runs; run++) {
      for (const { name, codePath, memoryMb } of around) {
        results.get(name)?.all.push(await coldStart(codePath, memoryMb, guardian));
      }
    }
  } finally {
    guardian.stop();
  }
  return results;
}

function emptyFunction(): Bundled {
  const directory = join(WORK_DIR, "empty");
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "package.json"), '{"type":"commonjs"}\n');
  writeFileSync(join(directory, "index.js"), "exports.handler = async () => undefined;\n");
  return { name: ALONE, directory, memoryMb: MEMORY_MB };
}
