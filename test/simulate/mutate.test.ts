import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { conditionSites, sitesOf, unmet } from "../../local/simulate/conditions.ts";
import type { Job } from "../../local/simulate/job.ts";
import { mutate } from "../../local/simulate/mutate.ts";
import type { Played } from "../../local/simulate/play.ts";

const STORES = fileURLToPath(new URL("../../shared/store/", import.meta.url));
const textOf = (file: string) => readFileSync(file, "utf8");

/** A name in the book for each condition that the sources have. */
const ALL = conditionSites().map(({ says }, index) => `Put table ${index}: ${says ? exampleOf(says) : "anything"}`);

function exampleOf({ source }: RegExp): string {
  return source.slice(1, -1).replaceAll(".+", "x").replaceAll("\\", "");
}

it("finds every condition of the stores, and there are none elsewhere", () => {
  const inStores = readdirSync(STORES).map((file) => textOf(`${STORES}${file}`));
  const written = inStores.join("\n").match(/(?<![a-zA-Z])ConditionExpression:/g) ?? [];
  expect(new Set(conditionSites().map(({ at }) => at)).size).toBe(written.length);
  const folders = ["../../shared", "../../lambdas", "../../bin", "../../local/ops"];
  const elsewhere = folders
    .map((folder) => fileURLToPath(new URL(folder, import.meta.url)))
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
        .map((entry) => `${entry.parentPath}/${entry.name}`),
    )
    // A removal is an operator's, killed at each of its writes by a test of its own.
    .filter(
      (file) =>
        !file.startsWith(STORES) &&
        !file.includes("/local/ops/removal-") &&
        /(?<!Key)ConditionExpression/.test(textOf(file)),
    );
  expect(elsewhere).toEqual([]);
});

it("reads what a condition may say, whatever its source is made of", () => {
  const source = `
    { ConditionExpression: "a = :a", ExpressionAttributeValues: { ":a": 1 } }
    ConditionExpression: \`a = :a AND \${isOver ? "b = :b" : "attribute_not_exists(b)"}\`,
    ConditionExpression: isOver
      ? "c = :c"
      : "attribute_not_exists(c)",
    ConditionExpression: conditions.join(" AND "),
    KeyConditionExpression: "pk = :pk",
  `;
  expect(sitesOf("a.ts", source).map(({ at, says }) => `${at} ${says?.source}`)).toEqual([
    "a.ts:2 ^a = :a$",
    "a.ts:3 ^a = :a AND .+$",
    "a.ts:4 ^c = :c$",
    "a.ts:4 ^attribute_not_exists\\(c\\)$",
    "a.ts:7 undefined",
  ]);
});

it("misses a condition that no night has met, also one that says what another does", () => {
  const sites = sitesOf(
    "a.ts",
    'ConditionExpression: "a = :a",\nConditionExpression: "a = :a",\nConditionExpression: b,',
  );
  const names = ["Put one: a = :a", "Put two: a = :a", "Put three: b = :b"];
  expect(unmet(sites, names)).toEqual([]);
  expect(unmet(sites, names.slice(1)).map(({ at }) => at)).toEqual(["a.ts:2"]);
  expect(unmet(sites, names.slice(0, 1)).map(({ at }) => at)).toEqual(["a.ts:2", "a.ts:3"]);
});

/** Nights in which each guard refuses once, and `breaks` says which promises are broken. */
const played = (breaks: (job: Job) => string[], names: readonly string[] = ALL) => {
  const jobs: Job[] = [];
  const play = async (job: Job): Promise<Played> => {
    jobs.push(job);
    const violations = breaks(job).filter((promise) => !job.excused?.includes(promise));
    return {
      ...{ seed: job.seed, hash: "", effects: 1, injections: [], lines: [], cpuMs: 1 },
      violations: violations.map((invariant) => ({ invariant, atMs: 0, what: "", about: "" })),
      guards: names.map((name) => ({ name, asked: 1, refused: 1 })),
    };
  };
  return { jobs, workers: { play, close() {} } };
};
const survivors = async (breaks: (job: Job) => string[], names?: readonly string[]) => {
  const { workers } = played(breaks, names);
  const { verdicts } = await mutate({ workers, processes: 1, seed: 1 }, () => {});
  return verdicts.flatMap(({ name, isMissed }) => (isMissed ? [] : [name]));
};

it("names whom nobody misses", async () => {
  expect(await survivors(({ sabotage }) => (sabotage ? ["P2"] : []))).toEqual([]);
  const spared = ALL[3] as string;
  expect(await survivors(({ sabotage }) => (sabotage && sabotage.name !== spared ? ["P2"] : []))).toEqual([spared]);
});

it("believes no promise that the same night breaks with all guards in place", async () => {
  const all = await survivors(() => ["P2"]);
  expect(all).toHaveLength(ALL.length + 5);
});

it("names a condition that the sources have and no night has met", async () => {
  const [gone, ...names] = ALL;
  const missing = await survivors(({ sabotage }) => (sabotage ? ["P2"] : []), names);
  expect(missing).toEqual([expect.stringMatching(/^the condition at [a-z-]+\.ts:\d+$/)]);
  expect(gone).toBeDefined();
});
