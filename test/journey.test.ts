import { beforeAll, describe, expect, it } from "vitest";
import { octopusSource } from "../lambdas/signals/sources/octopus.ts";
import { EVENT_SOURCE } from "../shared/domain/events.ts";
import { epochMs, instant, parseInstant, plusMs } from "../shared/domain/instant.ts";
import { anAsset } from "./builders.ts";
import { platform, STEP_MS } from "./fakes/platform.ts";
import { type Route, stackRoutes } from "./fakes/rules.ts";
import { aRate, fetchOf, halfHourStarts } from "./signals/builders.ts";

const CHEAP_FROM = parseInstant("2026-11-21T02:00:00.000Z");
const CHEAP_TO = parseInstant("2026-11-21T05:00:00.000Z");
const MORNING = "2026-11-21T07:10Z";
/** 80 % of 60 kWh. */
const TARGET_KWH = 48;

let routes: readonly Route[];
beforeAll(async () => {
  routes = await stackRoutes();
}, 60_000);

/** A car plugged in at half past five, at half; the night is cheap from two to five. */
function evening() {
  const rates = halfHourStarts("2026-11-20T00:00Z", "2026-11-21T23:00Z").map((ms) => {
    const start = instant(ms);
    return aRate(start, start >= CHEAP_FROM && start < CHEAP_TO ? 10 : 30);
  });
  const fetch = fetchOf(() => Response.json({ count: rates.length, next: null, previous: null, results: rates }));
  const source = octopusSource({ fetch, baseUrl: "https://octopus.example", product: "AGILE-24-10-01", region: "C" });
  return platform({ startsAt: "2026-11-20T17:31Z", assets: [anAsset()], sources: [source], routes });
}
type Night = Awaited<ReturnType<typeof evening>>;

const actions = ({ vendor }: Night) => vendor.received.map(({ action }) => action.kind);
const halfHours = ({ vendor }: Night) => [...vendor.delivered.keys()].sort();
const commandsOf = ({ stores }: Night) =>
  stores.commands.all().map((command) => ({ kind: command.action.kind, status: command.status }));

describe("a night from price to proof", () => {
  it("charges in the cheap hours, to the target, and proves both commands by readings", async () => {
    const night = await evening();
    await night.until(MORNING);

    expect(night.story().slice(0, 3)).toEqual(["CommandIssued", "CommandAccepted", "CommandConfirmed"]);
    expect(commandsOf(night).every((command) => command.status === "confirmed")).toBe(true);
    expect(actions(night)[0]).toBe("charge.start");
    expect(actions(night).at(-1)).toBe("charge.stop");
    expect(night.vendor.car.storedKwh).toBeGreaterThan(TARGET_KWH - 0.3);
    expect(night.vendor.car.storedKwh).toBeLessThan(TARGET_KWH + 0.7);
    for (const halfHour of halfHours(night)) expect(halfHour >= CHEAP_FROM && halfHour <= CHEAP_TO).toBe(true);
    expect(night.story().filter((name) => name.startsWith("Fault"))).toEqual([]);
    expect(night.log.lines.filter((line) => line.level === "error")).toEqual([]);
  });

  it("wakes a sleeping car before its moment, so that it starts on time", async () => {
    const night = await evening();
    await night.until("2026-11-21T01:50Z");
    night.vendor.sleep();
    await night.until("2026-11-21T06:00Z");
    const [command] = night.stores.commands.all();
    const moment = plusMs(CHEAP_FROM, 1000 * (command?.offsetSeconds ?? Number.NaN));
    expect(command).toMatchObject({ issuedAt: "2026-11-21T01:59:00.000Z", notBefore: moment });
    const lateMs = epochMs(night.vendor.received[0]?.at ?? CHEAP_FROM) - epochMs(moment);
    expect(lateMs).toBeGreaterThanOrEqual(0);
    expect(lateMs).toBeLessThan(STEP_MS);
    expect(commandsOf(night)[0]).toEqual({ kind: "charge.start", status: "confirmed" });
  });

  it("never stops a charging car within a window of one price", async () => {
    const night = await evening();
    await night.until(MORNING);
    expect(actions(night).filter((kind) => kind === "charge.stop")).toHaveLength(1);
  });

  it("tells and commands nothing to a car that was unplugged before its window", async () => {
    const night = await evening();
    await night.until("2026-11-20T22:00Z");
    night.vendor.car.plugged = false;
    await night.until(MORNING);
    expect(night.vendor.received).toEqual([]);
    expect(night.story()).toEqual([]);
    expect((await night.stores.plans.get(["car-0001"])).get("car-0001")?.windows).toEqual([]);
  });
});

describe("an event on the bus", () => {
  it.each([
    ["SignalUpdated", {}, ["Optimiser"]],
    ["GridEventChanged", {}, ["Optimiser"]],
    ["TelemetryRecorded", { matters: true }, ["Optimiser", "Verifier"]],
    ["TelemetryRecorded", { matters: false }, ["Verifier"]],
    ["AssetEnrolled", {}, ["Optimiser"]],
    ["CommandIssued", { integration: "acme-cars" }, ["acmecars"]],
    ["CommandIssued", { integration: "bolt" }, ["bolt"]],
    ["CommandAccepted", { integration: "acme-cars" }, ["Verifier"]],
    ["CommandRejected", {}, ["Optimiser"]],
    ["CommandMissed", {}, ["Optimiser"]],
    ["CommandExpired", {}, ["Optimiser"]],
    ["CommandConfirmed", {}, []],
    ["FaultRaised", {}, []],
  ])("%s of %j is for %j, by the rules that are deployed", (name, detail, consumers) => {
    const event = { source: EVENT_SOURCE, "detail-type": name, detail };
    const ids = routes.filter((route) => route.matches(event)).map((route) => route.functionId);
    expect(ids.sort()).toEqual(consumers.map((consumer) => expect.stringMatching(new RegExp(`^${consumer}`))));
  });
});

describe("a command whose answer is lost", () => {
  it("is read back instead of repeated: it acts once, and is proved once", async () => {
    const night = await evening();
    night.vendor.next.push("loses-answer");
    await night.until("2026-11-21T03:00Z");

    expect(night.log.codes()).toContain("COMMAND_UNKNOWN");
    expect(actions(night)).toEqual(["charge.start"]);
    expect(night.story()).toEqual(["CommandIssued", "CommandAccepted", "CommandConfirmed"]);
    expect(night.stores.commands.all()[0]).toMatchObject({ status: "confirmed", attempts: 1 });
  });
});

describe("a command that never takes effect", () => {
  it("is missed although the vendor said 200, raises a fault, is planned again and made good before the deadline", async () => {
    const night = await evening();
    night.vendor.next.push("ignores");
    await night.until(MORNING);

    expect(night.story().slice(0, 4)).toEqual(["CommandIssued", "CommandAccepted", "CommandMissed", "FaultRaised"]);
    const missedAt = night.told.findIndex((one) => one.name === "CommandMissed");
    const replanned = night.told.slice(missedAt).find((one) => one.name === "PlanUpdated");
    expect(replanned?.at).toBe(night.told[missedAt]?.at);
    expect(night.told[missedAt + 1]?.detail).toMatchObject({ faultClass: "transient", assetId: "car-0001" });
    expect(actions(night).slice(0, 2)).toEqual(["charge.start", "charge.start"]);
    expect(night.vendor.car.storedKwh).toBeGreaterThan(TARGET_KWH - 0.3);
  });

  it("is tried again as soon as the fault allows it, not when something else happens by chance", async () => {
    const night = await evening();
    night.vendor.next.push("ignores");
    await night.until("2026-11-21T04:00Z");
    const missed = night.told.find((one) => one.name === "CommandMissed")?.at ?? "";
    const again = night.vendor.received[1]?.at ?? "";
    expect(Date.parse(again) - Date.parse(missed)).toBeLessThanOrEqual(6 * 60_000);
  });
});
