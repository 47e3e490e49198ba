import { describe, expect, it } from "vitest";
import type { Action } from "../../shared/domain/command.ts";
import { MINUTE_MS } from "../../shared/domain/instant.ts";
import { aMyUplinkCloud, anEaseeCloud, aTeslaCloud, aViessmannCloud, type Cloud } from "./clouds.ts";
import { aWorld, evening } from "./world.ts";

const STOP: Action = { kind: "charge.stop" };
const LESS: Action = { kind: "heat.mode", mode: "reduced" };
const MORE: Action = { kind: "heat.mode", mode: "boost" };
type Case = { cloud: Cloud; effective: () => readonly unknown[] };
type Clock = ReturnType<typeof evening>;

const CUT = { kind: "cut-after-acting", times: 1 } as const;
const cases: [string, Action, (clock: Clock) => Promise<Case>][] = [
  ["Tesla", STOP, (clock) => aTeslaCloud(clock, { rules: [CUT] })],
  [
    "Tesla's gateway (504)",
    STOP,
    (clock) => aTeslaCloud(clock, { rules: [{ kind: "server-504", times: 1, calls: ["command"] }] }),
  ],
  ["Easee", STOP, (clock) => anEaseeCloud(clock, { rules: [CUT] })],
  ["Viessmann", MORE, (clock) => aViessmannCloud(clock, { rules: [CUT] })],
  ["myUplink", LESS, (clock) => aMyUplinkCloud(clock, { rules: [CUT] })],
];

describe("4. The answer to a command is lost after the device acted", () => {
  it.each(cases)("%s is read back: it acts once, and is told once", async (_, action, build) => {
    const clock = evening();
    const { cloud, effective } = await build(clock);
    const world = await aWorld(clock, [cloud]);
    const assetId = cloud.assets[0]?.assetId ?? "";
    await world.pass(20 * MINUTE_MS);
    const command = await world.issue(assetId, action);
    await world.pass(40 * MINUTE_MS);
    expect(world.log.codes()).toContain("COMMAND_UNKNOWN");
    expect(effective()).toHaveLength(1);
    expect((await world.row(command)).status).toBe("confirmed");
    expect(world.story(assetId)).toEqual(["CommandIssued", "CommandAccepted", "CommandConfirmed"]);
  });
});
