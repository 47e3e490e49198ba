import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { ConfigError } from "../../shared/errors.ts";
import { EnvText, parseEnvironment } from "../../shared/handler.ts";

const FIXTURE = fileURLToPath(new URL("../fakes/handler-process.ts", import.meta.url));
const ENVIRONMENT = {
  FIXTURE_TABLE: "the-table",
  FIXTURE_BUS: "the-bus",
  FIXTURE_INTEGRATIONS:
    '[{"name":"acme-cars","functionName":"fn","streams":[{"stream":"charge","cadence":{"idleMinutes":15,"pluggedMinutes":30,"chargingMinutes":10,"openCommandMinutes":1}}],"limits":{"batchSize":25,"concurrency":10,"batchesAtOnce":5}}]',
};

/** Runs a handler in a process of its own: what it logged, and what its caller saw. */
function invoke(events: readonly unknown[], environment: Record<string, string> = ENVIRONMENT) {
  const { PATH = "" } = process.env;
  const child = spawnSync(process.execPath, ["--import", "tsx", FIXTURE, JSON.stringify(events)], {
    env: { PATH, ...environment },
    encoding: "utf8",
  });
  const parse = (text: string): Record<string, unknown>[] =>
    text
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line));
  const told = parse(child.stdout);
  return {
    logged: told.filter((line) => !("_aws" in line)),
    measured: told.filter((line) => "_aws" in line),
    seen: parse(child.stderr),
    everything: child.stdout + child.stderr,
  };
}

describe("a handler", () => {
  it("builds once, answers, logs one line for each invocation, and rethrows what it logged once", () => {
    const { logged, measured, seen, everything } = invoke([
      { tickAt: "first" },
      { tickAt: "throw" },
      { tickAt: "second", nested: { count: "many" } },
      "not an object",
      { tickAt: "last" },
    ]);
    const answer = { table: "the-table", leftMs: 1234, now: "string" };
    expect(seen).toEqual([
      { built: "the-table" },
      { answer },
      { thrown: "Error", message: "the table is gone: token=abc123" },
      { thrown: "Error", message: expect.stringContaining("event does not fit its schema: nested.count:") },
      { thrown: "Error", message: expect.stringContaining("event does not fit its schema: (root):") },
      { answer },
    ]);
    expect(logged.map(({ level, service, code, requestId }) => [level, service, code, requestId])).toEqual([
      ["info", "fixture", "INVOCATION_COMPLETED", "request-0"],
      ["error", "fixture", "INVOCATION_FAILED", "request-1"],
      ["error", "fixture", "INVOCATION_FAILED", "request-2"],
      ["error", "fixture", "INVOCATION_FAILED", "request-3"],
      ["info", "fixture", "INVOCATION_COMPLETED", "request-4"],
    ]);
    // What was measured of the one that failed, in CloudWatch's own format.
    const Metrics = [{ Name: "verdicts_failed", Unit: "Count" }];
    const CloudWatchMetrics = [{ Namespace: "Headroom", Dimensions: [["service"]], Metrics }];
    expect(measured).toEqual([
      { _aws: { Timestamp: expect.any(Number), CloudWatchMetrics }, service: "fixture", verdicts_failed: 2 },
    ]);
    expect(logged[0]?.durationMs).toEqual(expect.any(Number));
    expect(logged[1]?.errorMessage).toBe("the table is gone: token=[redacted]");
    expect(everything).not.toContain("many");
  }, 30_000);

  it("refuses to work in a wrong environment: names every variable at fault, prints no value", () => {
    const { seen, everything } = invoke([{ tickAt: "first" }], {
      FIXTURE_TABLE: "",
      FIXTURE_INTEGRATIONS: '[{"name":"Very Secret"}]',
    });
    expect(seen).toEqual([
      {
        thrown: "ConfigError",
        message: "environment variables missing or wrong: FIXTURE_TABLE, FIXTURE_BUS, FIXTURE_INTEGRATIONS",
      },
    ]);
    expect(everything).not.toContain("Secret");
  }, 30_000);
});

describe("an environment", () => {
  const Environment = z.object({ TABLE: EnvText, COUNT: EnvText.transform(Number).pipe(z.number()) });

  it("is parsed, other variables left aside", () => {
    expect(parseEnvironment(Environment, { TABLE: "t", COUNT: "3", HOME: "/home" })).toEqual({ TABLE: "t", COUNT: 3 });
  });

  it("names each variable once, whatever is wrong with it", () => {
    const parse = () => parseEnvironment(Environment, { COUNT: "many" });
    expect(parse).toThrow(ConfigError);
    expect(parse).toThrow(/^environment variables missing or wrong: TABLE, COUNT$/);
  });
});
