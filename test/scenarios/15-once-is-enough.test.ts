import { describe, expect, it } from "vitest";
import type { Action } from "../../shared/domain/command.ts";
import { MINUTE_MS } from "../../shared/domain/instant.ts";
import { record } from "../../shared/integration/poll.ts";
import { aMyUplinkCloud, anEaseeCloud, aSolarEdgeCloud, aTeslaCloud, aViessmannCloud, type Cloud } from "./clouds.ts";
import { aWorld, evening } from "./world.ts";

type Clock = ReturnType<typeof evening>;
const STOP: Action = { kind: "charge.stop" };
const actors: [string, Action, (clock: Clock) => Promise<{ cloud: Cloud; effective: () => readonly unknown[] }>][] = [
  ["Tesla", STOP, aTeslaCloud],
  ["Easee", STOP, anEaseeCloud],
  ["Viessmann", { kind: "heat.mode", mode: "boost" }, aViessmannCloud],
  ["myUplink", { kind: "heat.mode", mode: "reduced" }, aMyUplinkCloud],
];
const all: [string, (clock: Clock) => Promise<{ cloud: Cloud }>][] = [
  ["Tesla", aTeslaCloud],
  ["Easee", anEaseeCloud],
  ["Viessmann", aViessmannCloud],
  ["myUplink", aMyUplinkCloud],
  ["SolarEdge", aSolarEdgeCloud],
];

describe("15. The same thing comes twice", () => {
  it.each(actors)(
    "a command of %s: at once, while it waits for its proof and after it, and acts once",
    async (_, action, build) => {
      const clock = evening();
      const { cloud, effective } = await build(clock);
      const world = await aWorld(clock, [cloud]);
      const assetId = cloud.assets[0]?.assetId ?? "";
      await world.pass(20 * MINUTE_MS);
      const command = await world.issue(assetId, action);
      world.announceAgain(command);
      await world.pass(MINUTE_MS);
      world.announceAgain(command);
      await world.pass(30 * MINUTE_MS);
      expect((await world.row(command)).status).toBe("confirmed");
      world.announceAgain(command);
      await world.pass(10 * MINUTE_MS);
      expect(effective()).toHaveLength(1);
      expect((await world.row(command)).attempts).toBe(1);
      expect(world.events("CommandAccepted", assetId)).toHaveLength(1);
      expect(world.events("CommandConfirmed", assetId)).toHaveLength(1);
      expect(world.log.of("COMMAND_DUPLICATE").length).toBeGreaterThanOrEqual(3);
    },
  );

  it.each(all)("a reading of %s: it is stored and told once", async (_, build) => {
    const clock = evening();
    clock.set("2026-11-20T11:05Z");
    const { cloud } = await build(clock);
    const world = await aWorld(clock, [cloud]);
    const [asset] = cloud.assets;
    if (!asset) throw new Error("no asset");
    await world.pass(MINUTE_MS);
    const before = await world.latest(asset.assetId);
    const told = world.events("TelemetryRecorded").length;
    if (!before?.reading) throw new Error("nothing was read");
    const again = await record(asset, { online: true, reading: before.reading }, world.process(cloud), {
      known: before,
      by: "a-batch",
    });
    expect(again).toBeUndefined();
    expect((await world.latest(asset.assetId))?.reading).toEqual(before.reading);
    expect(world.events("TelemetryRecorded")).toHaveLength(told);
  });
});
