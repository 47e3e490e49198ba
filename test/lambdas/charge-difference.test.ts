import { describe, expect, it } from "vitest";
import { chargeDifference } from "../../lambdas/optimiser/charge-difference.ts";
import { SPREAD_SECONDS, spreadSeconds } from "../../lambdas/optimiser/spread.ts";
import type { Command, CommandStatus } from "../../shared/domain/command.ts";
import { FAULT_TREATMENT, type FaultClass, FaultClass as FaultClasses } from "../../shared/domain/fault.ts";
import { HOUR_MS, type Instant, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import type { Plan } from "../../shared/domain/plan.ts";
import type { ChargeReading } from "../../shared/domain/reading.ts";
import { aCommand, anAsset, aPlan, aReading, at, aWindow, charging } from "../builders.ts";

const EVENING = at("2026-11-20T18:00Z");
const IN_WINDOW = at("2026-11-21T03:00Z");
const START = { kind: "charge.start", currentA: 32 } as const;
const STOP = { kind: "charge.stop" } as const;
const OFFSET_MS = 1000 * spreadSeconds(anAsset(), aPlan());

function differ(input: {
  reading?: ChargeReading;
  plan?: Plan;
  recent?: Command[];
  now?: ReturnType<typeof at>;
  at?: ReturnType<typeof at>;
}) {
  const now = input.now ?? IN_WINDOW;
  return chargeDifference({
    asset: anAsset(),
    plan: input.plan ?? aPlan(),
    reading: input.reading ?? aReading(),
    recent: input.recent ?? [],
    now,
    at: input.at ?? now,
  });
}

describe("the difference between a plan and a car", () => {
  it("is a start within a window, until its end, with the window's reason", () => {
    expect(differ({})).toEqual({
      issue: {
        action: START,
        windowStartsAt: "2026-11-21T02:00:00.000Z",
        notBefore: IN_WINDOW,
        notAfter: plusMs(at("2026-11-21T05:00Z"), OFFSET_MS),
        offsetSeconds: OFFSET_MS / 1000,
        reason: "cheapest",
      },
      withdraw: [],
    });
  });

  it("is a start that waits for its moment when the edge lies just ahead", () => {
    const answer = differ({ now: at("2026-11-21T01:59Z"), at: at("2026-11-21T02:00Z") });
    expect(answer.issue).toMatchObject({
      action: START,
      notBefore: plusMs(at("2026-11-21T02:00Z"), OFFSET_MS),
    });
  });

  it("is a stop outside the windows, until the next one", () => {
    expect(differ({ reading: charging(), now: EVENING }).issue).toMatchObject({
      action: STOP,
      windowStartsAt: "2026-11-20T18:00:00.000Z",
      notAfter: "2026-11-21T02:00:00.000Z",
    });
  });

  describe("how long after an edge it follows", () => {
    const limited = anAsset({ site: { ...anAsset().site, importLimitKw: 11 } });
    const window = aWindow("2026-11-21T02:00Z", "2026-11-21T05:00Z");

    it("is the asset's own in a night, from 0 to 600 s, and spread evenly over a fleet", () => {
      const all = Array.from({ length: 2000 }, (_, i) => spreadSeconds(anAsset({ assetId: `car-${i}` }), aPlan()));
      expect(Math.min(...all)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...all)).toBeLessThanOrEqual(SPREAD_SECONDS);
      for (let minute = 0; minute < 10; minute++) {
        const there = all.filter((seconds) => Math.floor(seconds / 60) === minute).length;
        expect(there).toBeGreaterThan(140);
        expect(there).toBeLessThan(260);
      }
    });

    it("is no more than the plan leaves room for before its deadline", () => {
      const until = (endsAt: string) =>
        spreadSeconds(anAsset(), aPlan({ windows: [aWindow("2026-11-21T05:00Z", endsAt)] }));
      expect(OFFSET_MS).toBeGreaterThan(60_000);
      expect(until("2026-11-21T06:58Z")).toBe(60);
      expect(until("2026-11-21T07:00Z")).toBe(0);
    });

    it("is nothing where loads hand over to each other, a grid event is ahead or somebody waits", () => {
      expect(spreadSeconds(limited, aPlan(), window)).toBe(0);
      expect(spreadSeconds(anAsset(), aPlan({ isTimed: true }), window)).toBe(0);
      expect(spreadSeconds(anAsset(), aPlan(), { ...window, reason: "charge-now-minimum" })).toBe(0);
      expect(spreadSeconds(anAsset(), aPlan(), window)).toBe(OFFSET_MS / 1000);
    });

    it("is, for the way back, what it was for the way in; and nothing for what a new plan wants at once", () => {
      const now = at("2026-11-21T05:00Z");
      const begun = aCommand({
        action: START,
        status: "confirmed",
        offsetSeconds: 77,
        endedAt: at("2026-11-21T02:05Z"),
      });
      expect(differ({ reading: charging(), now, recent: [begun] }).issue).toMatchObject({
        notBefore: plusMs(now, 77_000),
        offsetSeconds: 77,
      });
      const anew = aPlan({ madeAt: IN_WINDOW, windows: [aWindow(IN_WINDOW, at("2026-11-21T05:00Z"))] });
      expect(differ({ plan: anew }).issue?.notBefore).toBe(IN_WINDOW);
      expect(differ({ plan: anew }).issue?.offsetSeconds).toBeUndefined();
    });
  });

  describe("after a start that a charger without power made vain", () => {
    const missedAt = at("2026-11-21T02:50Z");
    const missed = (faultClass: FaultClass) =>
      aCommand({ action: START, status: "missed", faultClass, issuedAt: at("2026-11-21T02:40Z"), endedAt: missedAt });
    const stopped = (observedAt: string) => aReading({ observedAt: at(observedAt), state: "stopped", plugged: true });

    it("is a start anew once the device is seen with power, and not before", () => {
      const recent = [missed("customer-must-act")];
      expect(differ({ recent, reading: stopped("2026-11-21T02:58Z") }).issue?.action).toEqual(START);
      expect(differ({ recent, reading: stopped("2026-11-21T02:45Z") }).issue).toBeUndefined();
      const dark = aReading({ observedAt: at("2026-11-21T02:58Z"), state: "no-power", plugged: true });
      expect(differ({ recent, reading: dark }).issue).toBeUndefined();
    });

    it("waits where the reading cannot tell whether it is over", () => {
      const recent = [missed("credentials-revoked")];
      expect(differ({ recent, reading: stopped("2026-11-21T02:58Z") }).issue).toBeUndefined();
    });
  });

  it("is no third stop to a car that begins again after each: it does as its owner set it", () => {
    const stop = (hour: number, status: CommandStatus = "confirmed") =>
      aCommand({ action: STOP, status, issuedAt: at(`2026-11-20T${hour}:00Z`), endedAt: at(`2026-11-20T${hour}:05Z`) });
    const start = { ...stop(17), action: START };
    const again = (...recent: Command[]) => differ({ reading: charging(), now: EVENING, recent }).issue?.action;
    expect(again(stop(16))).toEqual(STOP);
    expect(again(stop(15), stop(16))).toBeUndefined();
    expect(again(stop(15), stop(16), start)).toEqual(STOP);
    expect(again(stop(10), stop(16))).toEqual(STOP);
    expect(again(stop(15), stop(16, "rejected"))).toEqual(STOP);
  });

  it("is a stop after the last window that may still be sent for two hours", () => {
    const now = at("2026-11-21T05:00Z");
    expect(differ({ reading: charging(), now }).issue).toMatchObject({
      action: STOP,
      windowStartsAt: "2026-11-21T05:00:00.000Z",
      notAfter: plusMs(at("2026-11-21T07:00Z"), OFFSET_MS),
    });
  });

  it.each<[string, ChargeReading, ReturnType<typeof at>]>([
    ["charges in a window", charging(), IN_WINDOW],
    ["starts in a window", aReading({ state: "starting" }), IN_WINDOW],
    ["is full in a window", aReading({ state: "complete" }), IN_WINDOW],
    ["stands outside of one", aReading(), EVENING],
    ["does nobody knows what outside of one", aReading({ state: null }), EVENING],
    ["is unplugged in a window", aReading({ plugged: false, state: "disconnected" }), IN_WINDOW],
  ])("is nothing for a car that %s", (_, reading, now) => {
    expect(differ({ reading, now })).toEqual({ issue: undefined, withdraw: [] });
  });

  it.each([
    [32, undefined],
    [31, 32],
    [33, undefined],
    [34, 32],
    [null, undefined],
  ])(
    "asks for more current always, and for less only when it is two amperes too much: %s A",
    (currentLimitA, asked) => {
      const { issue } = differ({ reading: charging({ currentLimitA }) });
      expect(issue?.action).toEqual(asked ? START : undefined);
    },
  );

  it("asks for the current that the window's power needs", () => {
    const plan = aPlan({ windows: [aWindow("2026-11-21T02:00Z", "2026-11-21T05:00Z", { powerKw: 3.5 })] });
    expect(differ({ plan }).issue?.action).toEqual({ kind: "charge.start", currentA: 16 });
  });

  describe("with commands under way", () => {
    const open = (status: CommandStatus, changes: Partial<Command> = {}) =>
      aCommand({ status, issuedAt: at("2026-11-21T02:00Z"), ...changes });

    it.each(["issued", "sending", "unknown", "accepted"] as const)(
      "is nothing while one that wants the same is %s",
      (status) => {
        expect(differ({ recent: [open(status)] }).issue).toBeUndefined();
      },
    );

    it("looks again ten minutes after its moment, unless the car does so already: whoever was to tell may be lost", () => {
      const againAt = plusMs(IN_WINDOW, 10 * MINUTE_MS);
      expect(differ({ recent: [open("issued")] })).toMatchObject({ issue: undefined, againAt });
      expect(differ({ recent: [open("issued", { notBefore: plusMs(IN_WINDOW, 60_000) })] }).againAt).toBe(
        plusMs(againAt, 60_000),
      );
      expect(differ({ recent: [open("accepted")], reading: charging() }).againAt).toBeUndefined();
    });

    it.each([
      ["issued", true],
      ["accepted", true],
      ["sending", false],
      ["unknown", false],
    ] as const)("overtakes one that wants something else; %s is withdrawn: %s", (status, withdrawn) => {
      const overtaken = open(status, { action: STOP });
      expect(differ({ recent: [overtaken] })).toMatchObject({
        issue: { action: START },
        withdraw: withdrawn ? [overtaken] : [],
      });
    });

    it("counts the newest of several, whatever their order", () => {
      const newest = open("issued", { commandId: "newest-one", issuedAt: at("2026-11-21T02:30Z") });
      const older = open("accepted", { commandId: "older-one", action: STOP });
      expect(differ({ recent: [older, newest] }).issue).toBeUndefined();
      expect(differ({ recent: [newest, older] }).issue).toBeUndefined();
    });

    it.each(["issued", "sending", "unknown"] as const)(
      "does not count one that is %s when a newer one has come to nothing: it will be withdrawn",
      (status) => {
        const minutesAgo = (minutes: number) => plusMs(IN_WINDOW, -minutes * MINUTE_MS);
        const older = open(status, { commandId: "older-one" });
        const stop = { commandId: "newer-one", action: STOP, issuedAt: minutesAgo(2), endedAt: minutesAgo(1) };
        expect(differ({ recent: [open("expired", stop), older] }).issue?.action).toEqual(START);
        expect(differ({ recent: [open("expired", stop), { ...older, status: "accepted" }] }).issue).toBeUndefined();
      },
    );

    it("follows a plan that was made by a faster clock as of when it was made", () => {
      const plan = aPlan({ madeAt: IN_WINDOW, windows: [aWindow(IN_WINDOW, at("2026-11-21T05:00Z"))] });
      const now = plusMs(IN_WINDOW, -3000);
      expect(differ({ plan, now, recent: [open("unknown")] }).issue).toBeUndefined();
      expect(differ({ plan, now }).issue).toMatchObject({ action: START, notBefore: IN_WINDOW });
    });

    it("is a stop although the car does not charge yet, when a start is on its way", () => {
      const accepted = open("accepted", { notBefore: EVENING });
      expect(differ({ recent: [accepted], now: EVENING }).issue?.action).toEqual(STOP);
    });

    it("holds one that waits for its moment against what the plan wants then", () => {
      const now = at("2026-11-21T01:59:30Z");
      const waiting = open("issued", { issuedAt: at("2026-11-21T01:59Z"), notBefore: at("2026-11-21T02:00Z") });
      expect(differ({ recent: [waiting], now })).toMatchObject({ issue: undefined, withdraw: [] });
    });

    it("forgets those that have ended", () => {
      expect(differ({ recent: [open("confirmed", { action: STOP })] }).issue?.action).toEqual(START);
    });
  });

  describe("after a start that worked and did not last", () => {
    const hour = (hours: number) => plusMs(IN_WINDOW, hours * HOUR_MS);
    const worked = (endedAt: Instant, changes: Partial<Command> = {}) =>
      aCommand({ status: "confirmed", endedAt, notAfter: at("2026-11-21T07:00Z"), ...changes });
    const plan = aPlan({ windows: [aWindow("2026-11-21T02:00Z", "2026-11-21T07:00Z")] });
    const again = (recent: Command[], now: Instant, reading = aReading()) => differ({ plan, recent, now, reading });

    it("is the same start anew after an hour, dated from its end, and says when", () => {
      expect(again([worked(IN_WINDOW)], plusMs(hour(1), -1))).toMatchObject({ issue: undefined, againAt: hour(1) });
      expect(again([worked(IN_WINDOW)], hour(1)).issue).toMatchObject({ action: START, windowStartsAt: IN_WINDOW });
    });

    it("is it where the car goes on at less current", () => {
      const at8A = { ...charging(), currentLimitA: 8 };
      expect(again([worked(IN_WINDOW)], hour(1), at8A).issue?.action).toEqual(START);
    });

    it("is nothing where it does what was asked", () => {
      expect(again([worked(IN_WINDOW)], hour(1), charging())).toEqual({ issue: undefined, withdraw: [] });
    });

    it("is nothing after the second: somebody does not want it, or it can no more", () => {
      const twice = [worked(IN_WINDOW), worked(hour(1), { commandId: "second-start" })];
      expect(again(twice, hour(3))).toEqual({ issue: undefined, withdraw: [] });
    });

    it("waits for none of another window, nor for one at another current", () => {
      const before = worked(IN_WINDOW, { notBefore: at("2026-11-21T01:59Z") });
      expect(again([before], IN_WINDOW).issue?.windowStartsAt).toBe(at("2026-11-21T02:00Z"));
      const slower = worked(IN_WINDOW, { action: { kind: "charge.start", currentA: 8 } });
      expect(again([slower], IN_WINDOW).issue?.windowStartsAt).toBe(at("2026-11-21T02:00Z"));
    });

    it("waits for none that ended by itself: its window is longer than it was", () => {
      const over = worked(IN_WINDOW, { notAfter: plusMs(IN_WINDOW, MINUTE_MS) });
      expect(again([over], plusMs(IN_WINDOW, 2 * MINUTE_MS)).issue?.action).toEqual(START);
    });

    it("is a start at once after a stop that came between, as a new intent", () => {
      const stopped = worked(hour(0.5), { commandId: "stopped-since", action: STOP });
      expect(again([worked(IN_WINDOW), stopped], hour(0.6)).issue?.windowStartsAt).toBe(IN_WINDOW);
    });
  });

  describe("after a failure", () => {
    const failed = (faultClass: FaultClass, minutesAgo: number, changes: Partial<Command> = {}) =>
      aCommand({ status: "missed", faultClass, endedAt: plusMs(IN_WINDOW, -minutesAgo * MINUTE_MS), ...changes });

    it.each(FaultClasses.options)("holds the same command back for as long as it is hopeless: %s", (faultClass) => {
      const { retry } = FAULT_TREATMENT[faultClass];
      const minutes = retry ? 5 : 60;
      expect(differ({ recent: [failed(faultClass, minutes - 1)] }).issue).toBeUndefined();
      expect(differ({ recent: [failed(faultClass, minutes)] }).issue?.action).toEqual(START);
    });

    it("holds it back no longer than what may work once its fault is seen to be over, and says when", () => {
      const over = (minutesAgo: number) => [failed("our-fault", minutesAgo, { faultOverAt: IN_WINDOW })];
      expect(differ({ recent: over(4) })).toMatchObject({ issue: undefined, againAt: plusMs(IN_WINDOW, MINUTE_MS) });
      expect(differ({ recent: over(5) }).issue?.action).toEqual(START);
    });

    it("holds back after a rejection as after a miss", () => {
      expect(differ({ recent: [failed("our-fault", 30, { status: "rejected" })] }).issue).toBeUndefined();
    });

    it("does not hold the other action back", () => {
      expect(differ({ recent: [failed("our-fault", 1, { action: STOP })] }).issue?.action).toEqual(START);
    });

    it("holds nothing back once a later command has worked", () => {
      const worked = aCommand({ commandId: "worked-later", status: "confirmed", action: STOP, endedAt: IN_WINDOW });
      expect(differ({ recent: [failed("our-fault", 30), worked] }).issue?.action).toEqual(START);
      expect(differ({ recent: [worked, failed("our-fault", 30)] }).issue?.action).toEqual(START);
    });

    it("looks again at the end of its hold, and every ten minutes: a reading may show sooner that it is over", () => {
      const againAt = (minutesAgo: number) => differ({ recent: [failed("our-fault", minutesAgo)] }).againAt;
      expect(againAt(55)).toBe(plusMs(IN_WINDOW, 5 * MINUTE_MS));
      expect(againAt(30)).toBe(plusMs(IN_WINDOW, 10 * MINUTE_MS));
      expect(againAt(60)).toBeUndefined();
    });

    it("repeats it as a new intent, the same whoever decides: one that ended is never issued again", () => {
      const before = failed("transient", 10);
      const first = differ({ recent: [before] });
      const later = differ({ recent: [before], now: plusMs(IN_WINDOW, MINUTE_MS) });
      expect(first.issue?.windowStartsAt).toBe(before.endedAt);
      expect(later.issue?.windowStartsAt).toBe(before.endedAt);
    });
  });
});
