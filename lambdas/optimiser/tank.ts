import { HOUR_MS } from "../../shared/domain/instant.ts";
import type { HeatMode } from "../../shared/domain/reading.ts";

/** A hot-water tank and how it is heated. */
export type Tank = {
  /** The band that is never left by our doing, °C. */
  minC: number;
  maxC: number;
  /** What the owner's own control does: it begins below `fromC` and ends at `toC`. */
  own: { fromC: number; toC: number };
  /** Heat that warms it by one kelvin, kWh. */
  kwhPerK: number;
  /** What standing and average use take, K per hour. */
  coolsKPerHour: number;
  /** Heat for each unit of electricity. */
  cop: number;
  ratedPowerKw: number;
};

export type TankProblem = {
  tank: Tank;
  /** Its temperature now, °C. */
  nowC: number;
  modeNow: HeatMode;
  /** In order, without gaps; null: no price is known, and nothing is shifted there. */
  slots: readonly { startMs: number; endMs: number; costPencePerKwh: number | null }[];
  /** What a change of mode must at least bring, pence: chatter wears a compressor. */
  switchPence: number;
  longestReducedMs: number;
  mayBoost: boolean;
  mayReduce: boolean;
};

export type TankPlan = {
  modes: HeatMode[];
  /** Electricity in each slot, kWh. */
  energyKwh: number[];
  /** Against leaving it to the owner's own control, both with the heat left at the end valued. */
  savedPence: number;
};

const MODES = ["normal", "boost", "reduced"] as const;
const STEP_C = 0.25;
/** Below the band's lower end by our doing by less than this is never planned, K. */
export const MARGIN_C = 2;
/** A boost that has less to heat than this is over before anybody sees it, K. */
export const LEAST_BOOST_C = 3;
/** Slots in a row that a reduction is followed for; a longer one is cut. */
const MOST_RUN = 12;

/**
 * The cheapest sequence of modes, by dynamic programming over temperature (in steps of 0.25 K), mode and how long a
 * reduction lasts already. Comfort is not for sale: where the tank is colder than the band and its margin, a reduction
 * is no choice, and in one the device heats no lower than there.
 */
export function planTank(problem: TankProblem): TankPlan {
  const { tank, slots } = problem;
  const lowC = Math.min(problem.nowC, tank.minC) - 10;
  const levels = Math.ceil((Math.max(problem.nowC, tank.maxC) - lowC) / STEP_C) + 1;
  const states = levels * 2 * (MOST_RUN + 1);
  const known = slots.flatMap(({ costPencePerKwh }) => costPencePerKwh ?? []).sort((a, b) => a - b);
  // What heat left at the end is worth: the middle price, which a few odd hours do not move.
  const endValue = known[Math.floor(known.length / 2)] ?? 0;

  // A state: temperature, whether the last mode was a boost, and slots since a reduction began (0: none).
  const index = (level: number, boost: number, run: number) => (level * 2 + boost) * (MOST_RUN + 1) + run;
  const value = new Float64Array((slots.length + 1) * states);
  const choice = new Uint8Array(slots.length * states);
  const electricity = (heatK: number) => (heatK * tank.kwhPerK) / tank.cop;
  for (let level = 0; level < levels; level++) {
    const worth = -electricity(lowC + level * STEP_C - tank.minC) * endValue;
    value.fill(
      worth,
      slots.length * states + index(level, 0, 0),
      slots.length * states + index(level, 0, 0) + 2 * (MOST_RUN + 1),
    );
  }
  const levelOf = (atC: number) => Math.max(0, Math.min(levels - 1, Math.round((atC - lowC) / STEP_C)));

  for (let slot = slots.length - 1; slot >= 0; slot--) {
    const { startMs, endMs, costPencePerKwh } = slots[slot] as TankProblem["slots"][number];
    const hours = (endMs - startMs) / HOUR_MS;
    const mostRun = Math.min(MOST_RUN, Math.max(1, Math.floor(problem.longestReducedMs / (endMs - startMs))));
    const next = (slot + 1) * states;
    for (let level = 0; level < levels; level++) {
      const atC = lowC + level * STEP_C;
      for (let choose = 0; choose < MODES.length; choose++) {
        const mode = MODES[choose] as HeatMode;
        if (mode !== "normal" && (costPencePerKwh === null || !allowed(problem, mode, atC))) continue;
        const heatK = heatIn(tank, mode, atC, hours);
        const to = levelOf(atC + heatK - tank.coolsKPerHour * hours);
        const cost = electricity(heatK) * (costPencePerKwh ?? endValue);
        for (let boost = 0; boost < 2; boost++) {
          for (let run = 0; run <= MOST_RUN; run++) {
            const newRun = mode === "reduced" ? run + 1 : 0;
            if (newRun > mostRun) continue;
            const before = boost === 1 ? "boost" : run > 0 ? "reduced" : "normal";
            const total =
              cost +
              (before === mode ? 0 : problem.switchPence) +
              (value[next + index(to, mode === "boost" ? 1 : 0, newRun)] ?? 0);
            const here = slot * states + index(level, boost, run);
            if (choose === 0 || total < (value[here] ?? 0) - 1e-9) {
              value[here] = total;
              choice[here] = choose;
            }
          }
        }
      }
    }
  }
  return follow(
    problem,
    (slot, atC, boost, run) => MODES[choice[slot * states + index(levelOf(atC), boost, run)] ?? 0] ?? "normal",
    endValue,
  );
}

/** Plays the choices from the true temperature, and the owner's own control beside them. */
function follow(
  problem: TankProblem,
  choose: (slot: number, atC: number, boost: number, run: number) => HeatMode,
  endValue: number,
): TankPlan {
  const { tank, slots } = problem;
  const electricity = (heatK: number) => (heatK * tank.kwhPerK) / tank.cop;
  const play = (modeAt: (slot: number, atC: number, boost: number, run: number) => HeatMode) => {
    let atC = problem.nowC;
    let boost = problem.modeNow === "boost" ? 1 : 0;
    let run = problem.modeNow === "reduced" ? 1 : 0;
    const modes: HeatMode[] = [];
    const energyKwh: number[] = [];
    let pence = 0;
    for (const [slot, { startMs, endMs, costPencePerKwh }] of slots.entries()) {
      const wanted = modeAt(slot, atC, boost, Math.min(run, MOST_RUN));
      const mode = wanted === "normal" || allowed(problem, wanted, atC) ? wanted : "normal";
      const hours = (endMs - startMs) / HOUR_MS;
      const heatK = heatIn(tank, mode, atC, hours);
      atC += heatK - tank.coolsKPerHour * hours;
      modes.push(mode);
      energyKwh.push(electricity(heatK));
      pence += electricity(heatK) * (costPencePerKwh ?? endValue);
      boost = mode === "boost" ? 1 : 0;
      run = mode === "reduced" ? run + 1 : 0;
    }
    return { modes, energyKwh, pence: pence - electricity(atC - tank.minC) * endValue };
  };
  const own = play(() => "normal");
  const best = play(choose);
  return { modes: best.modes, energyKwh: best.energyKwh, savedPence: own.pence - best.pence };
}

function allowed({ tank, mayBoost, mayReduce }: TankProblem, mode: HeatMode, atC: number): boolean {
  if (mode === "boost") return mayBoost && atC <= tank.maxC - LEAST_BOOST_C;
  return mode === "normal" || (mayReduce && atC >= tank.minC + MARGIN_C);
}

/** How far a slot of a mode heats, before what it cools, K. */
function heatIn(tank: Tank, mode: HeatMode, atC: number, hours: number): number {
  const coolsK = tank.coolsKPerHour * hours;
  const mostK = (tank.ratedPowerKw * tank.cop * hours) / tank.kwhPerK;
  const upTo = (toC: number) => Math.max(0, Math.min(mostK, toC - atC + coolsK));
  switch (mode) {
    case "boost":
      return upTo(tank.maxC);
    case "reduced":
      return upTo(tank.minC + MARGIN_C);
    case "normal":
      return atC < tank.own.fromC ? upTo(tank.own.toC) : 0;
  }
}
