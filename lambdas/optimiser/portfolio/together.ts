import type { AssetId } from "../../../shared/domain/asset.ts";
import { hash } from "../../../shared/domain/hash.ts";
import { epochMs, type Instant } from "../../../shared/domain/instant.ts";
import type { Proof, Window } from "../../../shared/domain/plan.ts";
import { laxityMs } from "../arrivals.ts";
import { type ChargeJob, plannedAlone } from "../charge.ts";
import { markCleanest } from "../cleanest.ts";
import { type FleetPlan, planFleet } from "../engine/fleet/fleet.ts";
import { kwhOf, SHORT_KWH } from "../keep.ts";
import { answer, type PlanAnswer } from "../plan.ts";
import { wholeAmperes } from "./amperes.ts";
import { type Ask, afterSettled, askOf } from "./ask.ts";
import { certificate, jobProof, type Outcome, worthPence } from "./certificate.ts";
import { type Grid, gridOver, slotAt } from "./grid.ts";
import { freed, withHead } from "./head.ts";
import { crowdingPence, softCapWh, withSoftCap } from "./herd.ts";
import { change, fromNow, type Limits, type Room, roomOn, useOf, whOf } from "./limits.ts";
import { PRICE_UNITS, pack } from "./pack.ts";
import { keptOf } from "./settle.ts";
import { sharesOf } from "./shares.ts";
import { startFrom } from "./start.ts";

/** One asset's windows with their proof, or (null) its plan in force, which a new one would not better enough. */
export type JobAnswer = (PlanAnswer & { proof?: Proof }) | null;

export type PortfolioAnswer = {
  answers: Map<AssetId, JobAnswer>;
  /** All jobs together, from now on. */
  certificate: Proof & { shortfallKwh: number; isFinished: boolean };
  grid: Grid;
  /** What everybody will draw, plans in force that stand among them. */
  windows: readonly Window[];
  loadKw: number[];
  limitKw: (number | null)[];
  /** What one kWh more would save the portfolio in each slot, pence. */
  capacityPencePerKwh: number[];
};

/** Windows are stored in whole tenths of a watt. */
const ROUNDING_KWH = 5e-3;

type Placing = { ask: Ask; answer: PlanAnswer };

/**
 * Plans jobs together: the cheapest for all under the limits of their sites and of the portfolio, with a lower bound.
 * Where no limit binds, each job gets its own exact plan; where one does, what the fleet engine gives it, at whole amperes.
 * A plan in force stands unless the new one is notably better. `stop` is asked now and then; when it says true, what there
 * is then is the answer.
 */
export function planTogether(
  jobs: readonly ChargeJob[],
  limits: Limits,
  now: Instant,
  stop: () => boolean = () => false,
): PortfolioAnswer {
  const grid = gridOver(
    jobs.map(({ whole }) => whole.slots),
    epochMs(now),
  );
  const nowMs = epochMs(now);
  const room = roomOn(grid, limits, nowMs);
  const limitKw = fromNow([...room.portfolioKw], grid, nowMs).map((kw) => (Number.isFinite(kw) ? kw : null));
  // Who must not wait by who can wait least, and all others by hash: nobody is first by name, or by coming first.
  const asks = freed(jobs, grid, room)
    .sort((a, b) => urgency(a, nowMs) - urgency(b, nowMs) || byHash(a, b))
    .map((job) => askOf(job, grid, room));
  let isFinished = true;
  const capWh = softCapWh(asks, grid);
  const packed = pack(asks, grid, room);
  const input = capWh === undefined ? packed : withSoftCap(packed, capWh, PRICE_UNITS);
  const start = startFrom(asks, grid, now);
  const fleet = planFleet(input, {
    ...(start && { start }),
    stop: () => {
      isFinished = !stop();
      return !isFinished;
    },
  });

  const placings = asks.map((ask): Placing => ({ ask, answer: plannedAlone(ask.job) }));
  const shared = sharing(placings, fleet, grid, room);
  for (const { ask, answer } of placings) {
    if (!shared.has(ask)) change(room, ask.site, useOf(afterSettled(ask, answer.windows), grid), "take");
  }
  const shares = sharesOf(asks, shared, fleet, grid, room);
  giveShares(placings, shared, shares, fleet, grid, room, limitKw);

  const made = placings.map(({ ask, answer }) => {
    const { windows, ...rest } = withHead(ask.job, answer);
    return { ...rest, windows: markCleanest(windows, ask.job.whole) };
  });
  const kept = keptOf(
    asks,
    made.map(({ windows }) => windows),
    grid,
    room,
    (ask, slot) => worthPence(ask, slot, fleet, grid),
    now,
  );
  const answers = new Map<AssetId, JobAnswer>();
  const chosenWh = new Float64Array(grid.slots);
  const outcomes = placings.map(({ ask }, index): Outcome => {
    const answer = made[index] as PlanAnswer;
    const { shortfallKwh } = answer;
    const proof = jobProof({ ask, windows: answer.windows, shortfallKwh, forgivenKwh: 0 }, index, fleet, grid);
    answers.set(ask.job.load.asset.assetId, kept[index] ? null : { ...answer, ...(proof && { proof }) });
    const windows = kept[index] ?? answer.windows;
    useOf(afterSettled(ask, windows), grid).meanKw.forEach((kw, slot) => {
      chosenWh[slot] = (chosenWh[slot] as number) + whOf(kw, grid.stepMs);
    });
    const missingKwh = Math.max(0, ask.job.whole.energyKwh - kwhOf(windows));
    const forgivenKwh = Math.min(missingKwh, kept[index] ? SHORT_KWH : ROUNDING_KWH);
    return { ask, windows, shortfallKwh: missingKwh - forgivenKwh, forgivenKwh };
  });
  const windows = outcomes.flatMap((outcome) => outcome.windows);
  return {
    answers,
    certificate: { ...certificate(outcomes, fleet, crowdingPence(chosenWh, capWh)), isFinished },
    grid,
    windows,
    loadKw: fromNow([...useOf(windows, grid).meanKw], grid, nowMs),
    limitKw,
    capacityPencePerKwh: [...fleet.slotPrices].map((units) => units / PRICE_UNITS),
  };
}

/** Who shares: everybody of a site or portfolio whose limit has a price, or would be broken by plans made alone. */
function sharing(placings: readonly Placing[], fleet: FleetPlan, grid: Grid, room: Room): Set<Ask> {
  const { slots } = grid;
  const left: Room = { ...room, siteKw: room.siteKw.slice(), portfolioKw: room.portfolioKw.slice() };
  for (const { ask, answer } of placings)
    change(left, ask.site, useOf(afterSettled(ask, answer.windows), grid), "take");
  const isTight = left.portfolioKw.some((kw) => kw < -1e-6) || fleet.slotPrices.some((price) => price > 0);
  const sites = new Set<number>();
  left.siteKw.forEach((kw, cell) => {
    if (kw < -1e-6 || (fleet.groupPrices[cell] ?? 0) > 0) sites.add(Math.floor(cell / slots));
  });
  // What must not wait was held to the site's limit, which a plan made alone does not know.
  for (const { ask } of placings) if (ask.site !== undefined && ask.job.problem.nowKwh > 0) sites.add(ask.site);
  return new Set(
    placings.flatMap(({ ask }) => (isTight || (ask.site !== undefined && sites.has(ask.site)) ? [ask] : [])),
  );
}

/** Replaces the answers of those who share by what the engine gives them. */
function giveShares(
  placings: readonly Placing[],
  shared: ReadonlySet<Ask>,
  shares: (index: number, slot: number) => number,
  fleet: FleetPlan,
  grid: Grid,
  room: Room,
  limitKw: readonly (number | null)[],
): void {
  const sharers = placings
    .map((placing, index) => ({ placing, index }))
    .filter(({ placing }) => shared.has(placing.ask));
  const given = wholeAmperes(
    sharers.map(({ placing }) => placing.ask),
    (at, slot) => shares(sharers[at]?.index ?? 0, slot),
    grid,
    room,
  );
  const isEvent = (slot: number) => limitKw[slot] !== null && (fleet.slotPrices[slot] ?? 0) > 0;
  for (const [at, { placing }] of sharers.entries()) {
    const { ask } = placing;
    const ownSlots = new Set<number>();
    useOf(placing.answer.windows, grid).peakKw.forEach((kw, slot) => {
      if (kw > 0) ownSlots.add(slot);
    });
    const moved = [...ownSlots].some(isEvent) ? "event" : "shared-limit";
    const placed = (given[at] ?? []).map((one) => {
      const isOwn = ask.reason !== "cheapest" || ownSlots.has(slotAt(grid, one.piece.startMs));
      const unknown = ask.reason === "cheapest" && one.piece.costPencePerKwh === null;
      return { ...one, reason: unknown ? "no-signal" : isOwn ? ask.reason : moved } as const;
    });
    placing.answer = answer([...ask.placed, ...placed], ask.job.problem);
  }
}

/** The laxity of a job with something urgent; of all others there is no order. */
function urgency({ whole, readyBy }: ChargeJob, nowMs: number): number {
  if (whole.nowKwh <= 0) return Number.MAX_VALUE;
  return laxityMs({ departsAtMs: epochMs(readyBy), needKwh: whole.energyKwh, maxPowerKw: whole.maxPowerKw }, nowMs);
}

function byHash(a: ChargeJob, b: ChargeJob): number {
  return hash(a.load.asset.assetId) - hash(b.load.asset.assetId);
}
