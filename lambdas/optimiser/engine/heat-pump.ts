import type { HeatMode } from "../../../shared/domain/reading.ts";
import { type Rooms, roomsOf } from "./rooms.ts";

/** Consecutive time with one cost of electricity, pence per kWh. */
type HeatSlot = { startMs: number; endMs: number; costPencePerKwh: number };

/** One tank, the rooms if `reduced` turns them down too, and the pump that heats them. */
export type HeatProblem = {
  /** Gapless and in order; none so long that the tank passes through its band within it. */
  slots: readonly HeatSlot[];
  startC: number;
  minC: number;
  maxC: number;
  /** `reduced` never lets the tank cool below the band's lower end plus this, K. */
  marginK: number;
  /** A boost never begins closer to the band's upper end than this, K. */
  headroomK: number;
  /** Its own thermostat in `normal`: heats below the one, to the other, °C. */
  normal: { onBelowC: number; offAtC: number };
  ratedPowerKw: number;
  /** Heat per electricity. */
  cop: number;
  capacityKwhPerK: number;
  /** Standing loss per kelvin above the room, and what taps take on average, kW. */
  lossKwPerK: number;
  roomC: number;
  drawKw: number;
  rooms?: Rooms | undefined;
  /** The mode it is in, and for how long, ms. */
  mode: HeatMode;
  inModeMs: number;
  mayBoost: boolean;
  mayReduce: boolean;
  /** A mode is not begun in a slot shorter than this, ms. */
  runMs: number;
  /** One that has begun is kept for this long where it may be, ms. */
  keepMs: number;
  maxReducedMs: number;
  /** What a change away from normal is worth avoiding, pence, and the most of them. */
  startPence: number;
  maxStarts: number;
  /** Of the temperature grid; more are slower and nearer to exact. */
  levels?: number;
};

/** What happens in one slot: the mode, electricity drawn for the tank, and the tank at the slot's end. */
export type HeatStep = { mode: HeatMode; energyKwh: number; endC: number };

const LEVELS = 64;
const HOUR_MS = 3_600_000;
/** Outside the band nothing is bought cheaply any more. */
const DISCOMFORT_PENCE_PER_KELVIN_HOUR = 50;
const [NORMAL, BOOST, REDUCED] = [0, 1, 2];
const MODES: readonly HeatMode[] = ["normal", "boost", "reduced"];
const NEVER = Number.POSITIVE_INFINITY;

/**
 * The cheapest sequence of modes, by a dynamic programme over the tank's temperature and the mode before (of `reduced` also
 * its age). Values lie on a temperature grid, interpolated between levels; the answer is played forward without a grid. What
 * is left in the tank at the end counts at the mean cost, so that it is neither emptied nor filled for nothing.
 */
export function planHeat(problem: HeatProblem): HeatStep[] {
  const steps = solve(problem, false);
  return startsOf(steps, problem.mode) <= problem.maxStarts ? steps : solve(problem, true);
}

function startsOf(steps: readonly HeatStep[], mode: HeatMode): number {
  let [before, starts] = [mode, 0];
  for (const step of steps) {
    if (step.mode !== before && step.mode !== "normal") starts++;
    before = step.mode;
  }
  return starts;
}

/** `counts`: the starts that are left are part of the state, which is only worth its time where they run out. */
function solve(problem: HeatProblem, counts: boolean): HeatStep[] {
  const { slots } = problem;
  const longestMs = Math.max(1, ...slots.map((slot) => slot.endMs - slot.startMs));
  const ages = Math.max(1, Math.floor(problem.maxReducedMs / longestMs));
  const phases = REDUCED + ages;
  const meanPence = slots.reduce((sum, slot) => sum + slot.costPencePerKwh, 0) / Math.max(1, slots.length);
  const tank = tankOf(problem);
  const rooms = roomsOf(problem.rooms, slots, longestMs, meanPence);
  const layers: Float64Array[] = [];
  for (let left = 0; left <= (counts ? problem.maxStarts : 0); left++) {
    const values = new Float64Array((slots.length + 1) * phases * tank.levels);
    for (let phase = 0; phase < phases; phase++) {
      const owed = rooms.owedPence(slots.length, Math.max(0, phase - REDUCED + 1));
      tank.settle(values, (slots.length * phases + phase) * tank.levels, meanPence, owed);
    }
    fill(problem, tank, rooms, { values, begun: counts ? layers[left - 1] : values, ages });
    layers.push(values);
  }
  return play(problem, tank, rooms, { layers, ages, counts });
}

/** Works out the values slot by slot from the end; `begun` are those with one start less, undefined when none is left. */
function fill(
  problem: HeatProblem,
  tank: Tank,
  rooms: ReturnType<typeof roomsOf>,
  { values, begun, ages }: { values: Float64Array; begun: Float64Array | undefined; ages: number },
): void {
  const { slots } = problem;
  const { at, fraction, drawn, discomfort, levels } = tank;
  const row = (REDUCED + ages) * levels;
  const [ofBoost, ofReduced] = [BOOST * levels, REDUCED * levels];
  const afterStart = begun ?? values;
  const owed = new Float64Array(ages + 1);
  const spared = new Float64Array(ages);
  const later = (from: Float64Array, low: number, share: number) => {
    const below = from[low] as number;
    return below + share * ((from[low + 1] as number) - below);
  };
  for (let t = slots.length - 1; t >= 0; t--) {
    const slot = slots[t] as HeatSlot;
    const lengthMs = slot.endMs - slot.startMs;
    tank.lay(lengthMs);
    const price = slot.costPencePerKwh;
    const begin = begun && lengthMs >= problem.runMs ? problem.startPence : NEVER;
    const [base, next] = [t * row, (t + 1) * row];
    for (let age = 0; age <= ages; age++) owed[age] = rooms.owedPence(t, age);
    for (let age = 0; age < ages; age++) spared[age] = price * rooms.sparedKwh(age, lengthMs);
    for (let level = 0; level < levels; level++) {
      const [b, r] = [ofBoost + level, ofReduced + level];
      const normal =
        (drawn[level] as number) * price +
        (discomfort[level] as number) +
        later(values, next + (at[level] as number), fraction[level] as number);

      let [boost, newBoost] = [NEVER, NEVER];
      if ((drawn[b] as number) !== NEVER) {
        const now = (drawn[b] as number) * price + (discomfort[b] as number);
        const low = next + ofBoost + (at[b] as number);
        boost = now + later(values, low, fraction[b] as number);
        newBoost = now + begin + later(afterStart, low, fraction[b] as number);
      }

      const mayRest = (drawn[r] as number) !== NEVER;
      const other = Math.min(normal, newBoost);
      let first = NEVER;
      for (let age = 0; age < ages; age++) {
        const low = next + ofReduced + age * levels + (at[r] as number);
        // One that has rested for `age` slots rests on with what is stored for one more.
        const rest = mayRest
          ? (discomfort[r] as number) -
            (spared[age] as number) +
            later(age === 0 ? afterStart : values, low, fraction[r] as number)
          : NEVER;
        if (age === 0) first = rest + begin;
        else values[base + ofReduced + (age - 1) * levels + level] = Math.min(other + (owed[age] as number), rest);
      }
      values[base + ofReduced + (ages - 1) * levels + level] = other + (owed[ages] as number);
      values[base + level] = Math.min(other, first);
      values[base + ofBoost + level] = Math.min(normal, boost, first);
    }
  }
}

/** Follows the values from the true start, choosing in each slot what costs least from there. */
function play(
  problem: HeatProblem,
  tank: Tank,
  rooms: ReturnType<typeof roomsOf>,
  { layers, ages, counts }: { layers: readonly Float64Array[]; ages: number; counts: boolean },
): HeatStep[] {
  const row = (REDUCED + ages) * tank.levels;
  let left = layers.length - 1;
  const steps: HeatStep[] = [];
  let tankC = problem.startC;
  let mode = MODES.indexOf(problem.mode);
  let age = mode === REDUCED ? Math.ceil((problem.inModeMs * ages) / problem.maxReducedMs) : 0;
  // What has just begun is not given up for a slightly better moment: each change is one of a few.
  const kept = mode;
  const keptUntilMs = (problem.slots[0]?.startMs ?? 0) - problem.inModeMs + (mode === NORMAL ? 0 : problem.keepMs);
  let isKept = true;
  for (const [t, slot] of problem.slots.entries()) {
    const hours = (slot.endMs - slot.startMs) / HOUR_MS;
    let best: { cost: number; mode: number; energyKwh: number; endC: number } | undefined;
    for (const next of [NORMAL, BOOST, REDUCED]) {
      if (next === REDUCED && mode === REDUCED && age >= ages) continue;
      const begins = next !== NORMAL && next !== mode;
      const values = layers[begins && counts ? left - 1 : left];
      if (!values || (begins && slot.endMs - slot.startMs < problem.runMs)) continue;
      const { energyKwh, endC, discomfortPence } = tank.run(next, tankC, hours, t === 0 && next === mode);
      if (energyKwh === NEVER) continue;
      const phase = next === REDUCED ? REDUCED + (mode === REDUCED ? age : 0) : next;
      const later = tank.interpolate(values, (t + 1) * row + phase * tank.levels, endC);
      const rested = mode === REDUCED ? Math.min(ages, age) : 0;
      const ofRooms =
        next === REDUCED
          ? -rooms.sparedKwh(rested, slot.endMs - slot.startMs) * slot.costPencePerKwh
          : rooms.owedPence(t, rested);
      const started = begins ? problem.startPence : 0;
      const cost = energyKwh * slot.costPencePerKwh + discomfortPence + ofRooms + started + later;
      if (isKept && next === kept && slot.startMs < keptUntilMs) {
        best = { cost, mode: next, energyKwh, endC };
        break;
      }
      if (!best || cost < best.cost - 1e-9) best = { cost, mode: next, energyKwh, endC };
    }
    if (!best) throw new RangeError("normal is always possible");
    isKept &&= best.mode === kept;
    if (counts && best.mode !== NORMAL && best.mode !== mode) left--;
    age = best.mode === REDUCED ? (mode === REDUCED ? age + 1 : 1) : 0;
    mode = best.mode;
    tankC = best.endC;
    steps.push({ mode: MODES[mode] as HeatMode, energyKwh: best.energyKwh, endC: best.endC });
  }
  return steps;
}

type Tank = ReturnType<typeof tankOf>;

/** The tank's dynamics, and their tables for slots of one length: by mode and level, where it ends and what it draws. */
function tankOf(problem: HeatProblem) {
  const { minC, maxC, capacityKwhPerK, cop, ratedPowerKw, normal, startC } = problem;
  const levels = problem.levels ?? LEVELS;
  const bottomC = Math.min(minC, startC) - 3;
  const topC = Math.max(maxC, startC);
  const stepK = (topC - bottomC) / (levels - 1);
  const at = new Uint16Array(3 * levels);
  const fraction = new Float64Array(3 * levels);
  const drawn = new Float64Array(3 * levels);
  const discomfort = new Float64Array(3 * levels);
  let laidMs = -1;

  const run = (mode: number, fromC: number, hours: number, goesOn = false) => {
    const lostKw = problem.drawKw + problem.lossKwPerK * (fromC - problem.roomC);
    const unheatedC = fromC - (lostKw * hours) / capacityKwhPerK;
    const heatK = (ratedPowerKw * cop * hours) / capacityKwhPerK;
    let endC = unheatedC;
    if (mode === NORMAL && unheatedC < normal.onBelowC) endC = Math.min(normal.offAtC, unheatedC + heatK);
    if (mode === BOOST) endC = Math.max(unheatedC, Math.min(maxC, unheatedC + heatK));
    const refused =
      (mode === BOOST && (!problem.mayBoost || (!goesOn && fromC > maxC - problem.headroomK))) ||
      (mode === REDUCED && (!problem.mayReduce || unheatedC < minC + problem.marginK));
    const energyKwh = refused ? NEVER : ((endC - unheatedC) * capacityKwhPerK) / cop;
    return { energyKwh, endC, discomfortPence: Math.max(0, minC - endC) * hours * DISCOMFORT_PENCE_PER_KELVIN_HOUR };
  };
  const positionOf = (tankC: number) => Math.min(levels - 1.000001, Math.max(0, (tankC - bottomC) / stepK));

  return {
    levels,
    at,
    fraction,
    drawn,
    discomfort,
    run,
    /** Fills the tables for slots of a length, once for each run of equal ones. */
    lay(lengthMs: number): void {
      if (laidMs === lengthMs) return;
      laidMs = lengthMs;
      for (let mode = NORMAL; mode <= REDUCED; mode++) {
        for (let level = 0; level < levels; level++) {
          const i = mode * levels + level;
          const { energyKwh, endC, discomfortPence } = run(mode, bottomC + level * stepK, lengthMs / HOUR_MS);
          const position = positionOf(endC);
          at[i] = Math.floor(position);
          fraction[i] = position - Math.floor(position);
          drawn[i] = energyKwh;
          discomfort[i] = discomfortPence;
        }
      }
    },
    interpolate(values: Float64Array, row: number, tankC: number): number {
      const position = positionOf(tankC);
      const low = Math.floor(position);
      const [a, b] = [values[row + low] as number, values[row + low + 1] as number];
      return a + (position - low) * (b - a);
    },
    /** What the end is worth from each level on: what is owed, less the heat in the tank at the mean cost. */
    settle(values: Float64Array, from: number, meanPence: number, owedPence: number): void {
      for (let level = 0; level < levels; level++)
        values[from + level] = owedPence - (level * stepK * capacityKwhPerK * meanPence) / cop;
    },
  };
}
