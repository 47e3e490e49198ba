import { describe, expect, it } from "vitest";
import { HOUR_MS, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { anAsset } from "../builders.ts";
import { type Answer, aBench, aCharger, aTarget, NOW, observed, rejection } from "./easee-bench.ts";

const LOOK = { expectAwake: true };
const UNTIL = { until: plusMs(NOW, HOUR_MS) };
const OK: Answer = { status: 200, body: "" };
const FORBIDDEN: Answer = { status: 403, body: JSON.stringify({ message: "Forbidden" }) };
const ticket = (ticks: string): Answer => ({
  status: 202,
  body: `{"device":"EH000000","commandId":48,"ticks":${ticks}}`,
});

describe("looking at a charger", () => {
  it("asks for the dated values only, in one call", async () => {
    const bench = aBench([observed({})]);
    await bench.client.look(aTarget(), LOOK);
    expect(bench.sent).toHaveLength(1);
    expect(bench.sent[0]?.url.pathname).toBe("/state/EH000000/observations");
    expect(bench.sent[0]?.url.searchParams.get("ids")).toBe("48,96,109,120,121,183,184,185,250");
    expect(bench.counted).toEqual(["data"]);
  });

  it("asks a charger at rest to speak, at most once in three minutes", async () => {
    const old: [string, string] = ["2", "2026-11-20T20:00:00Z"];
    const quiet = observed({ 109: old, 120: ["0", old[1]], 250: ["True", old[1]] });
    const bench = aBench([quiet, OK, quiet, quiet, OK]);
    await expect(bench.client.look(aTarget(), LOOK)).resolves.toMatchObject({
      online: true,
      reading: { observedAt: "2026-11-20T20:00:00.000Z" },
    });
    await bench.client.look(aTarget(), LOOK);
    bench.pass(3 * MINUTE_MS);
    await bench.client.look(aTarget(), LOOK);
    expect(bench.counted).toEqual(["data", "wake", "data", "data", "wake"]);
  });

  it("is no worse for a charger that does not want to speak", async () => {
    const old = "2026-11-20T20:00:00Z";
    const bench = aBench([
      observed({ 109: ["2", old], 120: ["0", old], 250: ["True", old] }),
      { status: 429, body: "" },
    ]);
    await expect(bench.client.look(aTarget(), LOOK)).resolves.toMatchObject({ online: true });
  });

  it("takes a bare 403 for throttling until it has lasted an hour", async () => {
    const bench = aBench([FORBIDDEN]);
    for (let refusal = 0; refusal < 5; refusal++) {
      expect(await rejection(bench.client.look(aTarget(), LOOK))).toMatchObject({ fault: "rate-limited" });
      bench.pass(14 * MINUTE_MS);
    }
    expect(await rejection(bench.client.look(aTarget(), LOOK))).toMatchObject({ fault: "customer-must-act" });
  });

  it("forgets a bare 403 with the next answer", async () => {
    const bench = aBench([FORBIDDEN, FORBIDDEN, FORBIDDEN, observed({}), FORBIDDEN]);
    for (let look = 0; look < 3; look++) await rejection(bench.client.look(aTarget(), LOOK));
    await bench.client.look(aTarget(), LOOK);
    bench.pass(2 * HOUR_MS);
    expect(await rejection(bench.client.look(aTarget(), LOOK))).toMatchObject({ fault: "rate-limited" });
  });

  it("knows no cars", async () => {
    const bench = aBench([observed({})]);
    expect(await rejection(bench.client.look(aTarget({ asset: anAsset() }), LOOK))).toMatchObject({
      fault: "our-configuration",
    });
    expect(bench.sent).toEqual([]);
  });
});

describe("commanding a charger", () => {
  it("asks for the result by the exact ticks, which no number can hold", async () => {
    const bench = aBench([observed({}), ticket("638618165287594091"), { status: 404, body: "" }]);
    await bench.client.command(aTarget(), { kind: "charge.start", currentA: 16 }, UNTIL);
    expect(bench.sent.at(-1)?.url.pathname).toBe("/api/commands/EH000000/48/638618165287594091");
  });

  it.each([
    [30_000, 1],
    [HOUR_MS, 60],
    [HOUR_MS + 1, 61],
    [-MINUTE_MS, 1],
    [72 * HOUR_MS, 1440],
  ])(
    "gives a limit that is wanted for %d ms a life of %d minutes, never the 0 that means for ever",
    async (ms, minutes) => {
      const bench = aBench([observed({}), ticket("0"), OK]);
      await bench.client.command(aTarget(), { kind: "charge.stop" }, { until: plusMs(NOW, ms) });
      expect(bench.posted()[0]).toEqual(["set_dynamic_charger_current", { amps: 0, minutes }]);
    },
  );

  it("authorises a start that awaits it once its limit is set, never before", async () => {
    const awaiting = observed({ 96: "55", 109: "7" });
    const bench = aBench([awaiting, ticket("1"), OK, ticket("2"), OK]);
    await bench.client.command(aTarget(), { kind: "charge.start", currentA: 16 }, UNTIL);
    expect(bench.posted()).toEqual([
      ["set_dynamic_charger_current", { amps: 16, minutes: 60 }],
      ["start_charging", null],
    ]);
  });

  it("sets no limit to stop a charger whose cable is out: it would meet the next session", async () => {
    const bench = aBench([observed({ 109: "1" }), OK]);
    await expect(bench.client.command(aTarget(), { kind: "charge.stop" }, UNTIL)).resolves.toEqual({
      withoutEffect: true,
    });
    expect(bench.posted()).toEqual([["poll_chargeropmode", null]]);
  });

  it("never sets a current between off and 6 A", async () => {
    const bench = aBench([observed({}), ticket("1"), OK]);
    const asset = aCharger({ supply: { voltageV: 230, phases: 1, maxCurrentA: 32, minCurrentA: 5 } });
    await bench.client.command(aTarget({ asset }), { kind: "charge.start", currentA: 5 }, UNTIL);
    expect(bench.posted()[0]).toEqual(["set_dynamic_charger_current", { amps: 6, minutes: 60 }]);
  });

  it("asks a charger to report after a command without effect, or nothing would ever prove it", async () => {
    const bench = aBench([observed({}), ticket("0"), OK]);
    await expect(bench.client.command(aTarget(), { kind: "charge.stop" }, UNTIL)).resolves.toEqual({
      withoutEffect: true,
    });
    expect(bench.posted().map(([name]) => name)).toEqual(["set_dynamic_charger_current", "poll_chargeropmode"]);
  });

  it("may have acted when the answer is lost", async () => {
    const bench = aBench([observed({}), "cut"]);
    const command = bench.client.command(aTarget(), { kind: "charge.stop" }, UNTIL);
    expect(await rejection(command)).toMatchObject({ fault: "transient", mayHaveActed: true });
  });

  it("has no heat mode", async () => {
    const bench = aBench([observed({})]);
    const command = bench.client.command(aTarget(), { kind: "heat.mode", mode: "boost" }, UNTIL);
    expect(await rejection(command)).toMatchObject({ fault: "our-fault" });
  });
});
