import { HOUR_MS, MINUTE_MS } from "../../shared/domain/instant.ts";
import { USED, type Usage, usdPerAssetMonth } from "./prices.ts";
import { type BenchFleet, benchFleet } from "./scheduler-fleet.ts";

/** Calls that begin in one second, over some time. */
export type Load = { meanPerSecond: number; peakPerSecond: number; quietestMinute: number; busiestMinute: number };

export type Steady = {
  assets: number;
  minutes: number;
  looks: number;
  load: Load;
  usage: Usage;
  usd: ReturnType<typeof usdPerAssetMonth>;
  /** Invocations of the integration at once, at most. */
  mostAtOnce: number;
};

export type Outage = {
  minutes: number;
  probes: number;
  /** After its end: the first answer, and when 99 of 100 assets had one, minutes. */
  firstMinutes: number;
  freshMinutes: number;
  /** From its end until everybody had an answer, and 90 to 105 minutes after it. */
  recovering: Load;
  later: Load;
};

const START_MS = Date.parse("2026-11-21T00:00:00Z");
const WARM_UP_MINUTES = 15;
const OUTAGE_MINUTES = 60;
const LATER_MINUTES = 90;
const PERIOD_MINUTES = 15;

export async function warmFleet(assets: number): Promise<BenchFleet> {
  const fleet = await benchFleet(assets, START_MS);
  await fleet.pass(WARM_UP_MINUTES);
  return fleet;
}

/** So many undisturbed minutes, whole periods of the cadence. */
export async function steady(fleet: BenchFleet, assets: number, minutes: number): Promise<Steady> {
  const [fromMs, before, looks] = [fleet.time.nowMs(), fleet.usage(), fleet.vendor.looks()];
  await fleet.pass(minutes);
  const after = fleet.usage();
  const usage = Object.fromEntries(USED.map((name) => [name, after[name] - before[name]])) as Usage;
  return {
    assets,
    minutes,
    looks: fleet.vendor.looks() - looks,
    load: loadOf(fleet, fromMs, fleet.time.nowMs()),
    usage,
    usd: usdPerAssetMonth(usage, { assets, hours: (minutes * MINUTE_MS) / HOUR_MS }),
    mostAtOnce: fleet.most(),
  };
}

/** An hour without the vendor, and what comes after. */
export async function outage(fleet: BenchFleet, assets: number): Promise<Outage> {
  const endMs = fleet.time.nowMs() + OUTAGE_MINUTES * MINUTE_MS;
  fleet.vendor.goDownUntil(endMs);
  await fleet.pass(OUTAGE_MINUTES);
  const probes = fleet.vendor.probes();
  await fleet.pass(2 * PERIOD_MINUTES);
  const answers = fleet.vendor.firstAnswersSince(endMs);
  const minutesTo = (share: number) => {
    const atMs = answers[Math.max(1, Math.ceil(share * assets)) - 1];
    return atMs === undefined ? Number.POSITIVE_INFINITY : (atMs - endMs) / MINUTE_MS;
  };
  await fleet.pass(LATER_MINUTES + PERIOD_MINUTES - 2 * PERIOD_MINUTES);
  const laterMs = endMs + LATER_MINUTES * MINUTE_MS;
  return {
    minutes: OUTAGE_MINUTES,
    probes,
    firstMinutes: minutesTo(0),
    freshMinutes: minutesTo(0.99),
    recovering: loadOf(fleet, endMs, endMs + 2 * PERIOD_MINUTES * MINUTE_MS),
    later: loadOf(fleet, laterMs, laterMs + PERIOD_MINUTES * MINUTE_MS),
  };
}

function loadOf({ vendor }: BenchFleet, fromMs: number, untilMs: number): Load {
  const [from, until] = [fromMs, untilMs].map((atMs) => Math.round((atMs - START_MS) / 1000)) as [number, number];
  const seconds = Array.from({ length: until - from }, (_, index) => vendor.callsInSecond[from + index] ?? 0);
  const minutes = Array.from(
    { length: Math.floor(seconds.length / 60) },
    (_, index) => sum(seconds.slice(60 * index, 60 * (index + 1))) / 60,
  );
  return {
    meanPerSecond: sum(seconds) / seconds.length,
    peakPerSecond: Math.max(...seconds),
    quietestMinute: Math.min(...minutes),
    busiestMinute: Math.max(...minutes),
  };
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
