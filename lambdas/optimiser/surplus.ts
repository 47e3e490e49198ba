import type { AssetId, SolarSite } from "../../shared/domain/asset.ts";
import { epochMs, HOUR_MS, type Instant, instant, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import type { Plan, Proof, Window } from "../../shared/domain/plan.ts";
import { round } from "../../shared/domain/units.ts";
import type { Latest } from "../../shared/store/readings.ts";
import { type CostSlot, slotsFrom, slotsUntil } from "./costs.ts";
import type { Load } from "./loads.ts";
import { boundPence, costOf, proofOf } from "./objective.ts";
import { type PlanAnswer, type PlanProblem, plan } from "./plan.ts";

/** What a site would feed into the grid if our loads there rested, kW, taken to stay so until `until`. */
export type Surplus = { powerKw: number; until: Instant; exportPencePerKwh: number };

const FRESH_MS = 45 * MINUTE_MS;
/** The sun is taken to go on for this long from its measurement. */
const PERSISTS_MS = HOUR_MS;
/** Less than this is noise of the meters. */
const LEAST_KW = 0.1;

type Known = { surplus: Surplus | undefined; notes: string[] };

/** A site's surplus from its newest production reading. What is unknown is said and not planned with: never 0, never guessed. */
export function siteSurplus(
  solar: readonly { asset: SolarSite; latest: Latest | undefined }[],
  loads: readonly Load[],
  now: Instant,
): Known {
  if (solar.length === 0) return { surplus: undefined, notes: [] };
  const unknown = (why: string): Known => ({ surplus: undefined, notes: [`solar is unknown: ${why}`] });
  let why = "it was never read";
  for (const { asset, latest } of solar) {
    const reading = latest?.reading;
    if (latest?.reach.faultClass) why = `the last look failed (${latest.reach.faultClass})`;
    if (reading?.stream !== "production") continue;
    if (epochMs(now) - epochMs(reading.observedAt) > FRESH_MS) {
      if (!latest?.reach.faultClass) why = `last measured at ${reading.observedAt}`;
      continue;
    }
    const fedKw =
      reading.gridKw !== null
        ? -reading.gridKw
        : reading.productionKw !== null && reading.consumptionKw !== null
          ? reading.productionKw - reading.consumptionKw
          : null;
    if (fedKw === null) {
      why = "neither the site's grid power nor its consumption is metered";
      continue;
    }
    const drawn = ownDraw(loads);
    if ("unknownOf" in drawn) return unknown(`nobody knows what ${drawn.unknownOf} draws`);
    const until = plusMs(reading.observedAt, PERSISTS_MS);
    const powerKw = Math.max(0, fedKw + drawn.powerKw);
    return { surplus: { powerKw, until, exportPencePerKwh: asset.site.exportPencePerKwh ?? 0 }, notes: [] };
  }
  return unknown(why);
}

/** What our own loads draw now: it would be surplus if they rested. */
function ownDraw(loads: readonly Load[]): { powerKw: number } | { unknownOf: AssetId } {
  let powerKw = 0;
  for (const load of loads) {
    if (load.kind === "read-only") continue;
    const { reading } = load;
    const rests =
      reading.stream === "charge"
        ? reading.state === "disconnected" || reading.state === "stopped" || reading.state === "complete"
        : reading.compressorOn === false;
    const ownKw = reading.powerKw ?? (rests ? 0 : null);
    if (ownKw === null || load.isStale) return { unknownOf: load.asset.assetId };
    powerKw += ownKw;
  }
  return { powerKw };
}

/** What a plan takes of a surplus at `at`, kW. */
export function takenKw(one: Plan | undefined, at: Instant): number {
  const window = one?.windows.find(
    ({ startsAt, endsAt, reason }) => reason === "surplus" && startsAt <= at && at < endsAt,
  );
  return window?.powerKw ?? 0;
}

/** A surplus less what another load takes of it; undefined when nothing worth a start is left. */
export function less(surplus: Surplus | undefined, powerKw: number): Surplus | undefined {
  if (!surplus || surplus.powerKw - powerKw < LEAST_KW) return undefined;
  return { ...surplus, powerKw: surplus.powerKw - powerKw };
}

/** A slot's cost at `powerKw`, of which the surplus gives what it can at what selling it would earn. */
export function surplusSlot(slot: CostSlot, powerKw: number, surplus: Surplus): CostSlot {
  const share = Math.min(1, surplus.powerKw / powerKw);
  const mix = (bought: number | null, own: number) =>
    share === 1 ? own : bought === null ? null : share * own + (1 - share) * bought;
  return {
    ...slot,
    costPencePerKwh: mix(slot.costPencePerKwh, surplus.exportPencePerKwh),
    pricePencePerKwh: mix(slot.pricePencePerKwh, surplus.exportPencePerKwh),
    carbonGramsPerKwh: mix(slot.carbonGramsPerKwh, 0),
    estimated: share < 1 && slot.estimated,
  };
}

/**
 * The plan without the surplus, or one that takes it from now for as long as it lasts and plans the rest after it,
 * whichever costs less. What must not wait for the sun (the charge-now level, a tight deadline) does not.
 */
export function planWithSurplus(problem: PlanProblem, surplus: Surplus | undefined): PlanAnswer {
  const without = plan(problem);
  const first = problem.slots[0];
  if (!surplus || !first || problem.nowKwh > 0 || problem.energyKwh <= 0 || surplus.powerKw < LEAST_KW) return without;
  const powerKw = Math.min(problem.maxPowerKw, Math.max(problem.minPowerKw, surplus.powerKw));
  const wantedMs = Math.ceil((problem.energyKwh / powerKw) * HOUR_MS);
  const endMs = Math.min(epochMs(surplus.until), problem.slots.at(-1)?.endMs ?? 0, first.startMs + wantedMs);
  if (endMs - first.startMs < Math.min(problem.runMs, wantedMs)) return without;

  const head = slotsUntil(problem.slots, endMs).map((slot) => surplusSlot(slot, powerKw, surplus));
  const energyKwh = Math.min(problem.energyKwh, (powerKw * (endMs - first.startMs)) / HOUR_MS);
  const rest = plan({
    ...problem,
    energyKwh: problem.energyKwh - energyKwh,
    slots: slotsFrom(problem.slots, endMs),
    isCharging: true,
  });
  if (rest.shortfallKwh > without.shortfallKwh) return without;
  const window: Window = {
    startsAt: instant(first.startMs),
    endsAt: instant(endMs),
    powerKw: round(powerKw, 4),
    energyKwh: round(energyKwh, 6),
    reason: "surplus",
    priceEstimated: head.some((slot) => slot.estimated),
  };
  const pence = (windows: readonly Window[], slots: readonly CostSlot[]) => sumOver(windows, slots, costOf) ?? 0;
  const withIt = pence([window], head) + pence(rest.windows, problem.slots);
  if (withIt >= pence(without.windows, problem.slots) - 1e-6) return without;
  const plus = (a: number | null, b: number | null) => (a === null || b === null ? null : round(a + b, 3));
  return {
    windows: [window, ...rest.windows],
    shortfallKwh: rest.shortfallKwh,
    shortfallPercent: without.shortfallPercent,
    costPence: plus(
      sumOver([window], head, (slot) => slot.pricePencePerKwh),
      rest.costPence,
    ),
    carbonGrams: plus(
      sumOver([window], head, (slot) => slot.carbonGramsPerKwh),
      rest.carbonGrams,
    ),
  };
}

/**
 * How good a plan with a surplus is: no more than the surplus can be had for what selling it would earn, and all else costs
 * what its slot does. Undefined where a price is unknown.
 */
export function surplusProof(problem: PlanProblem, surplus: Surplus, windows: readonly Window[]): Proof | undefined {
  if (problem.slots.some((slot) => slot.costPencePerKwh === null)) return undefined;
  const lastsMs = epochMs(surplus.until);
  const slots = [...slotsUntil(problem.slots, lastsMs), ...slotsFrom(problem.slots, lastsMs)];
  const paid = (powerKw: number) =>
    slots.map((slot) => (slot.startMs < lastsMs ? surplusSlot(slot, powerKw, surplus) : slot));
  let [objective, deliveredKwh] = [0, 0];
  for (const window of windows) {
    const priced = window.reason === "surplus" ? paid(window.powerKw) : slots;
    objective += sumOver([window], priced, costOf) ?? 0;
    deliveredKwh += window.energyKwh;
  }
  // Each slot as two beside each other: what the surplus can give of the most power, and what must be bought.
  const share = Math.min(1, surplus.powerKw / problem.maxPowerKw);
  const split = slots.flatMap((slot) => {
    if (slot.startMs >= lastsMs) return [slot];
    const part = (of: number, costPencePerKwh: number) => {
      return { ...slot, endMs: slot.startMs + (slot.endMs - slot.startMs) * of, costPencePerKwh };
    };
    return [part(share, surplus.exportPencePerKwh), part(1 - share, costOf(slot))];
  });
  return proofOf(objective, boundPence({ ...problem, slots: split }, deliveredKwh));
}

/** A value per kWh summed over the energy of windows; null where it is unknown. */
export function sumOver(
  windows: readonly Window[],
  slots: readonly CostSlot[],
  perKwh: (slot: CostSlot) => number | null,
): number | null {
  let total = 0;
  for (const { startsAt, endsAt, powerKw } of windows) {
    const [fromMs, toMs] = [epochMs(startsAt), epochMs(endsAt)];
    for (const slot of slots) {
      const overlapMs = Math.min(toMs, slot.endMs) - Math.max(fromMs, slot.startMs);
      if (overlapMs <= 0) continue;
      const value = perKwh(slot);
      if (value === null) return null;
      total += (value * powerKw * overlapMs) / HOUR_MS;
    }
  }
  return total;
}
