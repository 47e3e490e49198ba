import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { METRICS, type MetricName } from "../../shared/domain/metric.ts";
import { LOG_CODES } from "../../shared/log.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const NAMES = Object.keys(METRICS) as MetricName[];

/** What functions are made of, without the metrics' own names. */
const code = ["shared", "lambdas"]
  .flatMap((folder) =>
    readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".ts") && !entry.name.includes("simulator"))
      .map((entry) => join(entry.parentPath, entry.name)),
  )
  .filter((file) => !file.endsWith("shared/domain/metric.ts"))
  .map((file) => readFileSync(file, "utf8"))
  .join("\n");

it("sends every metric of the vocabulary somewhere", () => {
  expect(NAMES.filter((name) => !code.includes(`"${name}"`))).toEqual([]);
});

it("logs every code of the catalogue somewhere", () => {
  expect(Object.keys(LOG_CODES).filter((name) => !code.includes(`"${name}"`))).toEqual([]);
});

it("documents each metric as it is sent, and no other", () => {
  const rows = readFileSync(join(ROOT, "docs/metrics.md"), "utf8")
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) =>
      line
        .split("|")
        .slice(1, 5)
        .map((cell) => cell.trim()),
    );
  expect(rows).toEqual(
    NAMES.map((name) => {
      const { unit, dimensions, sparse } = METRICS[name];
      return [`\`${name}\``, unit, dimensions.join(", "), sparse ? "yes" : "no"];
    }),
  );
});

it("has no dimension that grows with the fleet", () => {
  const dimensions = new Set(NAMES.flatMap((name) => [...METRICS[name].dimensions] as string[]));
  expect([...dimensions].sort()).toEqual(["integration", "reason", "service"]);
});
