import { between, draw, pick } from "../../../shared/integration/simulation-random.ts";
import type { CallFaultRule, FaultRule, FaultScript } from "./simulator-faults.ts";
import type { CarSpec, Session } from "./simulator-spec.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export type FaultLevel = "none" | "some" | "many";

type Night = { seed: number; cars: readonly CarSpec[]; startsAtMs: number; endsAtMs: number };

type Dose = {
  /** Share of cars with transient faults, and how many kinds each gets. */
  transientShare: number;
  kindsPerCar: number;
  /** Chance that a call of an afflicted car is hit, and how often at most. */
  probability: number;
  times: number;
  outages: number;
  outageMinutes: readonly [number, number];
  /** Shares of cars; at least one car each when above zero. */
  noPower: number;
  selfStarts: number;
  unpluggedEarly: number;
  customerMustAct: number;
  /** Share of accounts. */
  lostRotations: number;
};

const DOSES: Record<Exclude<FaultLevel, "none">, Dose> = {
  // A bad week of a good vendor: a platform that repeats, re-reads and waits still gets nearly every car ready.
  some: {
    transientShare: 0.33,
    kindsPerCar: 1,
    probability: 0.3,
    times: 3,
    outages: 1,
    outageMinutes: [15, 20],
    noPower: 0.001,
    selfStarts: 0.001,
    unpluggedEarly: 0,
    customerMustAct: 0,
    lostRotations: 0.001,
  },
  many: {
    transientShare: 0.7,
    kindsPerCar: 3,
    probability: 0.5,
    times: 6,
    outages: 2,
    outageMinutes: [20, 30],
    noPower: 0.1,
    selfStarts: 0.1,
    unpluggedEarly: 0.05,
    customerMustAct: 0.08,
    lostRotations: 0.1,
  },
};

type Shape = Pick<CallFaultRule, "kind" | "probability" | "times">;

/** Kinds that strike single calls again and again take the dose's rate; the others are one story per car. */
const TRANSIENT: readonly [Shape, ...Shape[]] = [
  { kind: "asleep-408" },
  { kind: "asleep-500" },
  { kind: "server-503" },
  { kind: "server-504" },
  { kind: "html-502" },
  { kind: "rate-limited" },
  { kind: "stale-reading" },
  { kind: "cut-after-acting", probability: 1, times: 1 },
  { kind: "empty-200", probability: 1, times: 1 },
  { kind: "refused-without-reason", probability: 1, times: 1 },
  { kind: "accepted-not-executed", probability: 1, times: 1 },
  { kind: "executed-late", probability: 1, times: 1 },
  { kind: "token-expired-early", probability: 1, times: 1 },
  // Twice, because `fetch` repeats a call answered 421 once by itself and would hide a single one.
  { kind: "wrong-region", probability: 1, times: 2 },
  { kind: "unreachable-while-charging", probability: 1, times: 8 },
];
const CUSTOMER_MUST_ACT = ["unpaired-key", "mobile-access-disabled", "missing-scopes"] as const;

/** A night's faults for a fleet, the same for the same seed and cars. */
export function faultPreset(level: FaultLevel, night: Night): FaultScript {
  if (level === "none" || night.cars.length === 0) return { rules: [] };
  const dose = DOSES[level];
  const { cars, seed } = night;
  const afflicted = chosen(cars, dose.transientShare, (car) => draw(seed, "afflicted", car.vin));
  return {
    rules: [
      ...outages(night, dose),
      // Before the transient kinds: of two rules for one call the first strikes.
      ...chosen(cars, dose.customerMustAct, (car) => draw(seed, "must act", car.vin)).map(
        ({ vin }, index): FaultRule => ({ kind: pick(CUSTOMER_MUST_ACT, (index % 3) / 3), vins: [vin] }),
      ),
      ...afflicted.flatMap((car, index) => transient(car, index, dose)),
      ...lostRotations(night, dose),
      ...carTroubles(night, dose),
    ],
  };
}

function transient({ vin }: CarSpec, index: number, dose: Dose): FaultRule[] {
  return Array.from({ length: dose.kindsPerCar }, (_, nth): FaultRule => {
    // Every kind has its turn before any comes twice, so that a small fleet meets many kinds.
    const shape = pick(TRANSIENT, ((index * dose.kindsPerCar + nth) % TRANSIENT.length) / TRANSIENT.length);
    return { probability: dose.probability, times: dose.times, ...shape, vins: [vin] };
  });
}

function outages({ seed, startsAtMs, endsAtMs }: Night, dose: Dose): FaultRule[] {
  const part = (endsAtMs - startsAtMs) / dose.outages;
  return Array.from({ length: dose.outages }, (_, nth): FaultRule => {
    const lengthMs = Math.round(between(...dose.outageMinutes, draw(seed, "outage length", nth)) * MINUTE_MS);
    // In the middle of its part of the night, when there is something to disturb.
    const atMs = Math.round(startsAtMs + part * (nth + between(0.3, 0.7, draw(seed, "outage", nth))));
    return { kind: "vendor-outage", startsAtMs: atMs, endsAtMs: atMs + lengthMs };
  });
}

function lostRotations({ seed, cars, startsAtMs, endsAtMs }: Night, dose: Dose): FaultRule[] {
  const accounts = [...new Set(cars.map(({ accountId }) => accountId))];
  return chosen(accounts, dose.lostRotations, (account) => draw(seed, "rotation", account)).map((account) => ({
    kind: "lost-rotation",
    accountIds: [account],
    startsAtMs,
    endsAtMs,
    times: 1,
  }));
}

function carTroubles({ seed, cars, startsAtMs, endsAtMs }: Night, dose: Dose): FaultRule[] {
  const tonight = cars.flatMap((car) => {
    const session = car.sessions.find(({ arrivesAt, departsAt }) => arrivesAt < endsAtMs && departsAt > startsAtMs);
    return session ? [{ vin: car.vin, session }] : [];
  });
  const moment = (topic: string, vin: string, { arrivesAt, departsAt }: Session, from: number, to: number) =>
    Math.round(arrivesAt + (departsAt - arrivesAt) * between(from, to, draw(seed, topic, vin, "when")));
  const some = (share: number, topic: string) => chosen(tonight, share, ({ vin }) => draw(seed, topic, vin));
  return [
    ...some(dose.noPower, "no power").map(({ vin, session }): FaultRule => {
      const atMs = moment("no power", vin, session, 0.2, 0.6);
      return { kind: "no-power", vin, startsAtMs: atMs, endsAtMs: atMs + HOUR_MS };
    }),
    ...some(dose.selfStarts, "self start").map(
      ({ vin, session }): FaultRule => ({
        kind: "own-schedule-starts",
        vin,
        atMs: moment("self start", vin, session, 0.1, 0.4),
      }),
    ),
    ...some(dose.unpluggedEarly, "unplugged").map(
      ({ vin, session }): FaultRule => ({
        kind: "unplugged-early",
        vin,
        atMs: moment("unplugged", vin, session, 0.4, 0.9),
      }),
    ),
  ];
}

/** The share of a list with the lowest draws, at least one when the share is above zero. */
function chosen<T>(list: readonly T[], share: number, drawn: (item: T) => number): T[] {
  if (share <= 0) return [];
  const count = Math.max(1, Math.round(list.length * share));
  return [...list].sort((a, b) => drawn(a) - drawn(b)).slice(0, count);
}
