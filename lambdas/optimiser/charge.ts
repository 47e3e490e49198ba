import { powerOfCurrent } from "../../shared/domain/asset.ts";
import type { Habits } from "../../shared/domain/habits.ts";
import { epochMs, HOUR_MS, type Instant, instant, later, MINUTE_MS } from "../../shared/domain/instant.ts";
import { type Plan, type Proof, type Window, windowAt } from "../../shared/domain/plan.ts";
import { round } from "../../shared/domain/units.ts";
import { costSlots, slotsFrom } from "./costs.ts";
import { departureOf, usualKwh, withReserve } from "./habits.ts";
import { type ChargeLoad, readyByOf } from "./loads.ts";
import { loadNeed } from "./need.ts";
import { type PlanAnswer, type PlanProblem, plan } from "./plan.ts";
import { type Market, signalNotes } from "./signals.ts";
import { ownSeconds } from "./spread.ts";

/** A command takes a while to act: a plan is done this long before the deadline where there is room. */
const RESERVE_MS = 2 * MINUTE_MS;
const RUN_MS = 10 * MINUTE_MS;

/** Everything that planning one load asks: what it needs, by when, at which costs; before others are heard. */
export type ChargeJob = {
  load: ChargeLoad;
  previous: Plan | undefined;
  readyBy: Instant;
  /** From now on. */
  whole: PlanProblem;
  /** What runs now and is not moved: commands cost, and a start just made is not taken back for a trifle. */
  head: Window | undefined;
  /** What is left to plan after the head. */
  problem: PlanProblem;
  /** The best plan of `problem` where nobody else is heard, if it is known already. */
  alone?: PlanAnswer;
  /** Its site cannot serve everybody by their time: it does not wait for a better hour. */
  isHurried?: true;
  /** Equal for all who pay the same for energy. */
  priceKey: string;
  /** What one ampere more draws, kW. */
  ampereKw: number;
  notes: string[];
};

/** The job of a load, or in words why there is none. */
export function chargeJob(
  load: ChargeLoad,
  {
    previous,
    market,
    habits,
    now,
  }: { previous: Plan | undefined; market: Market; habits: Habits | undefined; now: Instant },
): ChargeJob | string {
  const { asset, reading, battery } = load;
  if (reading.plugged !== true) return `the ${asset.kind === "car" ? "car" : "cable"} is not known to be plugged in`;
  const wants = loadNeed(load, usualKwh(habits));
  if (!wants) return "the state of charge is unknown";
  const readyBy = readyByOf(load, now);
  const leastReserveMs = leastReserveMsOf(load, readyBy);
  const { carbonWeightPencePerKg } = (battery?.car ?? asset).preferences;
  const { price, carbon, marketKey } = market;
  const slots = costSlots({ price, carbon, from: now, to: readyBy, carbonWeightPencePerKg });
  // The weaker of plug and car decides.
  const supplies = battery ? [asset.supply, battery.car.supply] : [asset.supply];
  const whole: PlanProblem = {
    energyKwh: wants.energyKwh,
    nowKwh: wants.nowKwh,
    maxPowerKw: Math.min(...supplies.map((supply) => powerOfCurrent(supply, supply.maxCurrentA))),
    minPowerKw: Math.max(...supplies.map((supply) => powerOfCurrent(supply, supply.minCurrentA))),
    slots,
    reserveMs: leastReserveMs,
    runMs: RUN_MS,
    isCharging: reading.state === "charging" || reading.state === "starting",
  };
  const chargeMs = (wants.energyKwh / whole.maxPowerKw) * HOUR_MS;
  const departure = departureOf({
    statedReadyBy: readyBy,
    habits,
    timeZone: asset.site.timeZone,
    now,
    chargeMs,
  });
  const { reserveMs, ...alone } = withReserve((reserveMs) => ({ ...plan({ ...whole, reserveMs }), reserveMs }), {
    ...{ departure, now, chargeMs, carbonWeightPencePerKg },
    leastReserveMs,
  });
  whole.reserveMs = reserveMs;
  const head = headOf(whole, previous, readyBy, now);
  return {
    load,
    previous,
    readyBy,
    whole,
    head,
    problem: head ? after(head, whole) : whole,
    ...(!head && { alone }),
    priceKey: `${marketKey} ${carbonWeightPencePerKg}`,
    ampereKw: powerOfCurrent(asset.supply, 1),
    notes: [...load.notes, ...wants.notes, ...(departure.note ? [departure.note] : []), ...signalNotes(slots)],
  };
}

/** The reserve that its own commands need, ms. */
function leastReserveMsOf({ asset }: ChargeLoad, readyBy: Instant): number {
  return RESERVE_MS + 1000 * ownSeconds(asset.assetId, readyBy);
}

/** The job without the wish to be done well before its deadline; the same job where it has none. */
export function upToDeadline(job: ChargeJob): ChargeJob {
  const reserveMs = leastReserveMsOf(job.load, job.readyBy);
  if (job.whole.reserveMs <= reserveMs) return job;
  const { alone: _, ...rest } = job;
  return { ...rest, whole: { ...job.whole, reserveMs }, problem: { ...job.problem, reserveMs } };
}

/** A job's best plan where nobody else is heard. */
export function plannedAlone({ alone, problem }: ChargeJob): PlanAnswer {
  return alone ?? plan(problem);
}

/** What a load under command draws until its current price slot ends. */
function headOf(whole: PlanProblem, previous: Plan | undefined, readyBy: Instant, now: Instant): Window | undefined {
  const first = whole.slots[0];
  const window = previous && windowAt(previous, now);
  if (!window || !first || !whole.isCharging || previous.readyBy !== readyBy || whole.nowKwh > 0) return undefined;
  if (window.reason !== "cheapest" && window.reason !== "cleanest") return undefined;
  const endMs = Math.min(epochMs(window.endsAt), first.endMs);
  const energyKwh = (window.powerKw * (endMs - first.startMs)) / HOUR_MS;
  if (window.powerKw > whole.maxPowerKw || energyKwh >= whole.energyKwh || endMs >= epochMs(readyBy)) return undefined;
  return {
    ...window,
    startsAt: now,
    endsAt: instant(endMs),
    energyKwh: round(energyKwh, 6),
    priceEstimated: first.estimated,
  };
}

function after(head: Window, whole: PlanProblem): PlanProblem {
  return {
    ...whole,
    energyKwh: whole.energyKwh - head.energyKwh,
    slots: slotsFrom(whole.slots, epochMs(head.endsAt)),
  };
}

/** A job's answer, with its head, as the asset's next plan. */
export function chargePlan(
  job: ChargeJob,
  answer: PlanAnswer & { proof?: Proof },
  { version, now }: { version: number; now: Instant },
): Plan {
  return {
    assetId: job.load.asset.assetId,
    madeAt: now,
    version,
    readyBy: job.readyBy,
    energyNeededKwh: round(job.whole.energyKwh, 3),
    ...answer,
    notes: job.notes,
  };
}

/** Windows from `from` on; one that runs is cut there. */
export function windowsFrom(from: Instant, windows: readonly Window[]): Window[] {
  return windows
    .filter((window) => window.endsAt > from)
    .map((window) => {
      const startsAt = later(window.startsAt, from);
      const hours = (epochMs(window.endsAt) - epochMs(startsAt)) / HOUR_MS;
      return { ...window, startsAt, energyKwh: round(window.powerKw * hours, 6) };
    });
}
