import { powerOfCurrent } from "../../shared/domain/asset.ts";
import { type Instant, MINUTE_MS } from "../../shared/domain/instant.ts";
import { nextEdge, type Plan } from "../../shared/domain/plan.ts";
import { round } from "../../shared/domain/units.ts";
import { costSlots } from "./costs.ts";
import { replanHeat } from "./heat.ts";
import { type ChargeLoad, type Load, readyByOf } from "./loads.ts";
import { loadNeed } from "./need.ts";
import { type Signals, signalNotes } from "./signals.ts";
import { planWithSurplus } from "./surplus.ts";

/** A command takes a while to act: a plan is done this long before the deadline where there is room. */
const RESERVE_MS = 2 * MINUTE_MS;
const RUN_MS = 10 * MINUTE_MS;
const STALE = "not heard of for two hours: the plan stands, and nothing is commanded";

/** A new plan for one load, or undefined when it cannot or need not have one and had none with anything ahead. */
export function replan(load: Load, previous: Plan | undefined, signals: Signals, now: Instant): Plan | undefined {
  if (load.kind === "read-only") return idle(previous, load.asset.assetId, `${load.actor.assetId} acts for it`, now);
  if (load.isStale) return previous && kept(previous, now);
  return load.kind === "heat" ? replanHeat(load, previous, signals, now) : replanCharge(load, previous, signals, now);
}

function replanCharge(load: ChargeLoad, previous: Plan | undefined, signals: Signals, now: Instant): Plan | undefined {
  const { asset, reading, battery } = load;
  const wants = reading.plugged === true ? loadNeed(load) : undefined;
  if (!wants) {
    const why =
      reading.plugged === true
        ? "the state of charge is unknown"
        : `the ${load.asset.kind === "car" ? "car" : "cable"} is not known to be plugged in`;
    return idle(previous, asset.assetId, why, now);
  }
  const readyBy = readyByOf(load, now);
  const preferences = (battery?.car ?? asset).preferences;
  const slots = costSlots({
    price: signals.price,
    carbon: signals.carbon,
    from: now,
    to: readyBy,
    carbonWeightPencePerKg: preferences.carbonWeightPencePerKg,
  });
  // The weaker of plug and car decides.
  const supplies = battery ? [asset.supply, battery.car.supply] : [asset.supply];
  const answer = planWithSurplus(
    {
      energyKwh: wants.energyKwh,
      nowKwh: wants.nowKwh,
      maxPowerKw: Math.min(...supplies.map((supply) => powerOfCurrent(supply, supply.maxCurrentA))),
      minPowerKw: Math.max(...supplies.map((supply) => powerOfCurrent(supply, supply.minCurrentA))),
      slots,
      reserveMs: RESERVE_MS,
      runMs: RUN_MS,
      isCharging: reading.state === "charging" || reading.state === "starting",
    },
    signals.surplus,
  );
  return {
    assetId: asset.assetId,
    madeAt: now,
    version: (previous?.version ?? 0) + 1,
    readyBy,
    energyNeededKwh: round(wants.energyKwh, 3),
    ...answer,
    notes: [...load.notes, ...wants.notes, ...signalNotes(slots), ...signals.solarNotes],
  };
}

/** Nothing is wanted: an empty plan in place of one with something ahead. */
function idle(previous: Plan | undefined, assetId: string, note: string, now: Instant): Plan | undefined {
  if (!previous || nextEdge(previous, now) === undefined) return undefined;
  return {
    assetId,
    madeAt: now,
    version: previous.version + 1,
    readyBy: previous.readyBy,
    energyNeededKwh: 0,
    shortfallKwh: 0,
    shortfallPercent: 0,
    costPence: 0,
    carbonGrams: 0,
    windows: [],
    notes: [note],
  };
}

function kept(previous: Plan, now: Instant): Plan | undefined {
  if (previous.notes.includes(STALE) || nextEdge(previous, now) === undefined) return undefined;
  return { ...previous, version: previous.version + 1, notes: [...previous.notes, STALE] };
}

/** True when two plans want the same from `now` on: nothing is to be stored, told or commanded. */
export function sameFrom(now: Instant, a: Plan, b: Plan): boolean {
  const ahead = (one: Plan) =>
    one.windows
      .filter((window) => window.endsAt > now)
      .map((window) =>
        [
          window.startsAt < now ? now : window.startsAt,
          window.endsAt,
          // What a heat pump will draw in a mode is only expected of it.
          window.heatMode ?? round(window.powerKw, 1),
          window.reason,
        ].join(),
      );
  const isKept = (one: Plan) => one.notes.includes(STALE);
  return a.readyBy === b.readyBy && isKept(a) === isKept(b) && ahead(a).join(";") === ahead(b).join(";");
}
