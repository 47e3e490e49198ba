import { describe, expect, it } from "vitest";
import { heatDifference } from "../../lambdas/optimiser/heat-difference.ts";
import type { HeatPump } from "../../shared/domain/asset.ts";
import type { Command } from "../../shared/domain/command.ts";
import type { Instant } from "../../shared/domain/instant.ts";
import { plusMs } from "../../shared/domain/instant.ts";
import type { HeatMode } from "../../shared/domain/reading.ts";
import { aCommand, aHeatPump, aHeatReading, aPlan, at, aWindow, slotDay } from "../builders.ts";
import { optimiserWorld, signalUpdated } from "../fakes/optimiser-world.ts";

const PUMP = "heat-pump-0001";
/** Given away from 02:00 to 03:00, and dear before. */
const GIFT = slotDay(
  { from: "2026-11-20T18:00Z", to: "2026-11-21T18:00Z", cheapFrom: "2026-11-21T02:00Z", cheapTo: "2026-11-21T03:00Z" },
  { dear: 30, cheap: -30 },
);
const IN_WINDOW = at("2026-11-21T02:10Z");
const boosting = (mode: "boost" | "reduced" = "boost") =>
  aPlan({
    assetId: PUMP,
    windows: [aWindow("2026-11-21T02:00Z", "2026-11-21T03:00Z", { heatMode: mode, powerKw: mode === "boost" ? 2 : 0 })],
  });
const asked = (mode: HeatMode, changes: Partial<Command> = {}) =>
  aCommand({ assetId: PUMP, action: { kind: "heat.mode", mode }, attempts: 1, ...changes });

function differ(
  changes: Partial<{
    asset: HeatPump;
    plan: ReturnType<typeof aPlan>;
    reading: object;
    recent: Command[];
    now: Instant;
  }> = {},
) {
  const now = changes.now ?? IN_WINDOW;
  const reading = aHeatReading({ observedAt: now, ...changes.reading });
  const { issue } = heatDifference({
    asset: changes.asset ?? aHeatPump(),
    plan: changes.plan ?? boosting(),
    reading,
    recent: changes.recent ?? [],
    now,
    at: now,
  });
  return issue?.action.kind === "heat.mode" ? issue.action.mode : issue;
}

describe("a heat pump", () => {
  it("is boosted where energy is given away, and left in its owner's normal elsewhere", async () => {
    const { on, read, tick, deps, planOf } = optimiserWorld([aHeatPump()], GIFT);
    await read(aHeatReading());
    await on(signalUpdated);
    const plan = await planOf(PUMP);
    const boost = plan?.windows.find((window) => window.heatMode === "boost");
    expect(boost).toMatchObject({ reason: "cheapest" });
    expect((boost?.startsAt ?? "") >= "2026-11-21T02:00" && (boost?.endsAt ?? "9") <= "2026-11-21T03:00:00.000Z").toBe(
      true,
    );
    expect(plan?.notes).toEqual([expect.stringContaining("estimated: a tank of 200 l")]);
    await read(aHeatReading({ observedAt: at("2026-11-21T01:55Z") }));
    await tick(boost?.startsAt ?? IN_WINDOW);
    const command = deps.commands.all().at(-1);
    expect(command).toMatchObject({
      action: { kind: "heat.mode", mode: "boost", fullAtC: 58 },
      notAfter: plusMs(boost?.endsAt ?? IN_WINDOW, 1000 * (command?.offsetSeconds ?? Number.NaN)),
    });
  });

  it("is planned no mode, and told why, while its water is unknown or no price is known", async () => {
    const blind = optimiserWorld([aHeatPump()], GIFT);
    await blind.read(aHeatReading({ hotWaterC: null }));
    await blind.on(signalUpdated);
    expect(await blind.planOf(PUMP)).toMatchObject({ windows: [], notes: [expect.stringContaining("unknown")] });
    const priceless = optimiserWorld([aHeatPump()], []);
    await priceless.read(aHeatReading());
    await priceless.on(signalUpdated);
    expect((await priceless.planOf(PUMP))?.windows).toEqual([]);
  });

  it("keeps its plan while nothing changes: the predicted power is no news", async () => {
    const { on, read, clock, planOf } = optimiserWorld([aHeatPump()], GIFT);
    await read(aHeatReading());
    await on(signalUpdated);
    clock.set("2026-11-20T18:20Z");
    await read(aHeatReading({ observedAt: at("2026-11-20T18:19Z"), hotWaterC: 48.4 }));
    await on(signalUpdated);
    expect((await planOf(PUMP))?.version).toBe(1);
  });

  it("is neither boosted above its rooms' band nor reduced below it", async () => {
    const preferences = { hotWaterMinC: 45, hotWaterMaxC: 60, indoorMinC: 20, indoorMaxC: 21 };
    const prices = slotDay(
      {
        from: "2026-11-20T18:00Z",
        to: "2026-11-21T18:00Z",
        cheapFrom: "2026-11-20T19:00Z",
        cheapTo: "2026-11-20T20:00Z",
      },
      { dear: 90, cheap: -90 },
    );
    const modesAt = async (indoorC: number | null) => {
      const { on, read, planOf } = optimiserWorld(
        [aHeatPump({ preferences: { ...aHeatPump().preferences, ...preferences } })],
        prices,
      );
      await read(aHeatReading({ indoorC, hotWaterC: 50.5 }));
      await on(signalUpdated);
      return new Set((await planOf(PUMP))?.windows.map((window) => window.heatMode));
    };
    expect((await modesAt(20.7)).has("boost")).toBe(true);
    expect((await modesAt(21.4)).has("boost")).toBe(false);
    expect((await modesAt(20.2)).has("reduced")).toBe(false);
    expect((await modesAt(null)).has("reduced")).toBe(false);
  });
});

describe("a heat pump whose rest turns the rooms down", () => {
  const PEAK = slotDay(
    {
      from: "2026-11-20T18:00Z",
      to: "2026-11-21T18:00Z",
      cheapFrom: "2026-11-20T21:00Z",
      cheapTo: "2026-11-21T18:00Z",
    },
    { dear: 36, cheap: 15 },
  );
  const preferences = { ...aHeatPump().preferences, indoorMinC: 18.5, indoorMaxC: 22.5 };
  const rooms = { heatLossKwPerK: 0.18, timeConstantHours: 30 };
  const planOf = async (reading: object = {}, asset = aHeatPump({ preferences, rooms })) => {
    const world = optimiserWorld([asset], PEAK);
    await world.read(aHeatReading({ hotWaterC: 57, indoorC: 20.5, outdoorC: 5, ...reading }));
    await world.on(signalUpdated);
    return world.planOf(PUMP);
  };
  const restHours = async (...given: Parameters<typeof planOf>) =>
    ((await planOf(...given))?.windows ?? [])
      .filter(({ heatMode }) => heatMode === "reduced")
      .reduce((sum, { startsAt, endsAt }) => sum + (Date.parse(endsAt) - Date.parse(startsAt)) / 3_600_000, 0);

  it("rests over the dear hours, and says what that rests on", async () => {
    const plan = await planOf();
    expect(plan?.windows[0]).toMatchObject({ heatMode: "reduced", reason: "expensive" });
    expect(plan?.windows[0]?.endsAt).toBe("2026-11-20T21:00:00.000Z");
    expect(plan?.notes).toContain("estimated: rooms that take 0.93 kW, and cool by 0.52 K an hour without it");
  });

  it("is planned by its tank alone where building, band or temperatures are unknown", async () => {
    for (const [reading, asset] of [
      [{}, aHeatPump({ preferences })],
      [{}, aHeatPump({ rooms })],
      [{ outdoorC: null }, undefined],
    ] as const) {
      expect((await planOf(reading, asset))?.notes).toEqual([expect.stringContaining("a tank of")]);
      expect(await restHours(reading, asset)).toBe(0);
    }
  });

  it("rests only as long as its rooms stay warm enough", async () => {
    expect(await restHours({ indoorC: 19.6 })).toBeLessThanOrEqual(1);
    expect(await restHours({ indoorC: 19.1 })).toBe(0);
  });

  it("does not rest in a frost in which it could not catch up", async () => {
    expect(await restHours({ outdoorC: -20 })).toBe(0);
  });
});

describe("what to do about a heat pump now", () => {
  it("is the window's mode, and nothing when it is in it", () => {
    expect(differ()).toBe("boost");
    expect(differ({ reading: { mode: "boost" } })).toBeUndefined();
    expect(differ({ recent: [asked("boost", { status: "accepted" })] })).toBeUndefined();
  });

  it("is normal at the window's end where we took it away, and nothing where the device came back by itself", () => {
    const now = at("2026-11-21T03:00Z");
    const recent = [asked("boost", { status: "confirmed", endedAt: IN_WINDOW })];
    expect(differ({ now, recent, reading: { mode: "boost" } })).toBe("normal");
    expect(differ({ now, recent, reading: { mode: "normal" } })).toBeUndefined();
  });

  it("leaves a mode alone that its owner set, in a window or out of one", () => {
    const now = at("2026-11-21T04:00Z");
    for (const mode of ["boost", "reduced"] as const) expect(differ({ now, reading: { mode } })).toBeUndefined();
    expect(differ({ reading: { mode: "reduced" } })).toBeUndefined();
    expect(differ({ now, reading: { mode: null } })).toBeUndefined();
  });

  it.each([
    [58.1, undefined],
    [58, "boost"],
    [null, undefined],
  ])("is no boost of a tank at %s °C that is nearly full, or that nobody knows", (hotWaterC, mode) => {
    expect(differ({ reading: { hotWaterC } })).toBe(mode);
  });

  it.each([
    [47.9, undefined],
    [48, "reduced"],
    [null, undefined],
  ])("is no rest for a tank at %s °C that is near its least, or that nobody knows", (hotWaterC, mode) => {
    expect(differ({ plan: boosting("reduced"), reading: { hotWaterC } })).toBe(mode);
  });

  it("is normal at once when a resting tank has cooled to its margin", () => {
    const recent = [asked("reduced", { status: "confirmed", endedAt: IN_WINDOW })];
    const plan = boosting("reduced");
    expect(differ({ plan, recent, reading: { mode: "reduced", hotWaterC: 48.2 } })).toBeUndefined();
    expect(differ({ plan, recent, reading: { mode: "reduced", hotWaterC: 47.9 } })).toBe("normal");
  });

  it("is normal at once when resting rooms have cooled to their margin, or are not known any more", () => {
    const asset = aHeatPump({ preferences: { ...aHeatPump().preferences, indoorMinC: 19 } });
    const recent = [asked("reduced", { status: "confirmed", endedAt: IN_WINDOW })];
    const given = { asset, plan: boosting("reduced"), recent };
    const resting = (indoorC: number | null) => ({ ...given, reading: { mode: "reduced", hotWaterC: 50, indoorC } });
    expect(differ(resting(19.5))).toBeUndefined();
    expect(differ(resting(19.4))).toBe("normal");
    expect(differ(resting(null))).toBe("normal");
  });

  it("is one boost a day, so that changes are left for rests", () => {
    const day = 24 * 3_600_000;
    const done = (agoMs: number) =>
      asked("boost", { status: "confirmed", endedAt: IN_WINDOW, issuedAt: plusMs(IN_WINDOW, -agoMs) });
    expect(differ({ recent: [done(day - 60_000)] })).toBeUndefined();
    expect(differ({ recent: [done(day + 60_000)] })).toBe("boost");
  });

  it("is not the same boost again once it is done", () => {
    const done = asked("boost", { status: "confirmed", endedAt: IN_WINDOW, issuedAt: at("2026-11-21T01:59Z") });
    expect(differ({ recent: [done], reading: { hotWaterC: 56 } })).toBeUndefined();
  });

  it("holds no way back to normal up because a boost failed", () => {
    const failed = asked("boost", { status: "missed", faultClass: "our-fault", endedAt: IN_WINDOW });
    expect(differ({ recent: [failed] })).toBeUndefined();
    expect(differ({ now: at("2026-11-21T03:00Z"), recent: [failed], reading: { mode: "boost" } })).toBe("normal");
  });

  it("is no sixth change in a day but the way back", () => {
    const five = Array.from({ length: 5 }, (_, index) =>
      asked(index % 2 === 0 ? "reduced" : "normal", {
        commandId: `number-${index}`,
        status: "confirmed",
        issuedAt: plusMs(IN_WINDOW, -(index + 1) * 3_600_000),
        endedAt: plusMs(IN_WINDOW, -index * 3_600_000 - 60_000),
      }),
    );
    expect(differ({ recent: five })).toBeUndefined();
    expect(differ({ recent: five.slice(1) })).toBe("boost");
    expect(differ({ recent: five, now: at("2026-11-21T03:30Z"), reading: { mode: "reduced" } })).toBe("normal");
  });
});
