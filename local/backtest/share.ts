/** One car's part in a shared site, in steps of one horizon. */
export type Sharer = {
  from: number;
  to: number;
  needKwh: number;
  /** What its charger can give in a step of [from, to), kWh. */
  roomKwh: (step: number) => number;
};

export type Shared = {
  /** kWh of a sharer in a step. */
  energyKwh: (sharer: number, step: number) => number;
  /** kWh that no plan whatever could deliver under the cap. */
  shortfallKwh: number;
};

const EPSILON_KWH = 1e-9;

/**
 * The most energy that fits under the cap, and of all ways to deliver that, the cheapest. All cars pay the same in a step,
 * so what the steps can take together is a polymatroid: filling them from the cheapest, each with as much as paths through
 * the cars allow, is exact. Equal values go to the earlier step; within a step earlier sharers come first.
 */
export function share(
  sharers: readonly Sharer[],
  capKwh: (step: number) => number,
  valueAt: (step: number) => number,
): Shared {
  const problem = pack(sharers);
  const { first, last, base, cars, room, energy, left } = problem;
  const values = new Float64Array(last - first).map((_, index) => valueAt(first + index));
  const order = [...values.keys()].sort((a, b) => (values[a] as number) - (values[b] as number) || a - b);
  let openKwh = left.reduce((sum, kwh) => sum + kwh, 0);
  const search = new PathSearch(problem, sharers);
  for (const index of order) {
    if (openKwh <= EPSILON_KWH) break;
    const step = first + index;
    let capLeftKwh = capKwh(step);
    for (const car of cars[index] ?? []) {
      const place = (base[car] as number) + step;
      const kwh = Math.min(left[car] as number, (room[place] as number) - (energy[place] as number), capLeftKwh);
      if (kwh <= EPSILON_KWH) continue;
      energy[place] = (energy[place] as number) + kwh;
      left[car] = (left[car] as number) - kwh;
      capLeftKwh -= kwh;
      openKwh -= kwh;
    }
    // Without a cap a car that still lacks energy has filled this step: no path through another can be left.
    while (Number.isFinite(capLeftKwh) && capLeftKwh > EPSILON_KWH && openKwh > EPSILON_KWH) {
      const kwh = search.push(step, capLeftKwh);
      if (kwh === 0) break;
      capLeftKwh -= kwh;
      openKwh -= kwh;
    }
  }
  return {
    energyKwh: (sharer, step) => {
      const { from, to } = sharers[sharer] as Sharer;
      return step < from || step >= to ? 0 : (energy[(base[sharer] as number) + step] as number);
    },
    shortfallKwh: Math.max(0, openKwh),
  };
}

type Problem = {
  first: number;
  last: number;
  /** `base[car] + step` is the place of (car, step). */
  base: Float64Array;
  cars: number[][];
  room: Float64Array;
  energy: Float64Array;
  left: Float64Array;
};

function pack(sharers: readonly Sharer[]): Problem {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const base = new Float64Array(sharers.length);
  let places = 0;
  for (const [car, { from, to }] of sharers.entries()) {
    base[car] = places - from;
    places += Math.max(0, to - from);
    if (to <= from) continue;
    first = Math.min(first, from);
    last = Math.max(last, to);
  }
  if (places === 0) [first, last] = [0, 0];
  const cars: number[][] = Array.from({ length: last - first }, () => []);
  const room = new Float64Array(places);
  for (const [car, { from, to, roomKwh }] of sharers.entries()) {
    for (let step = from; step < to; step++) {
      room[(base[car] as number) + step] = roomKwh(step);
      cars[step - first]?.push(car);
    }
  }
  const left = new Float64Array(sharers.map(({ needKwh }) => Math.max(0, needKwh)));
  return { first, last, base, cars, room, energy: new Float64Array(places), left };
}

/**
 * Breadth-first search from a step back to a car that lacks energy, over cars that can move energy from one step to another.
 * What a failed search reached can never reach such a car again, so no later one looks there: all failures together cost
 * one walk.
 */
class PathSearch {
  readonly #problem: Problem;
  readonly #sharers: readonly Sharer[];
  readonly #closedSteps: Uint8Array;
  readonly #closedCars: Uint8Array;
  /** The search (by number) that reached it last, and from where. */
  readonly #stepSeen: Int32Array;
  readonly #carSeen: Int32Array;
  readonly #stepFrom: Int32Array;
  readonly #carFrom: Int32Array;
  #search = 0;

  constructor(problem: Problem, sharers: readonly Sharer[]) {
    const steps = problem.last - problem.first;
    this.#problem = problem;
    this.#sharers = sharers;
    this.#closedSteps = new Uint8Array(steps);
    this.#closedCars = new Uint8Array(sharers.length);
    this.#stepSeen = new Int32Array(steps);
    this.#carSeen = new Int32Array(sharers.length);
    this.#stepFrom = new Int32Array(steps);
    this.#carFrom = new Int32Array(sharers.length);
  }

  /** Puts up to `mostKwh` more into the step; 0 when nothing more can reach it. */
  push(step: number, mostKwh: number): number {
    const { first, base, cars, room, energy, left } = this.#problem;
    const search = ++this.#search;
    const target = step - first;
    this.#stepSeen[target] = search;
    const steps = [target];
    const reached: number[] = [];
    for (let head = 0; head < steps.length; head++) {
      const index = steps[head] as number;
      for (const car of cars[index] ?? []) {
        if (this.#carSeen[car] === search || this.#closedCars[car] === 1) continue;
        const place = (base[car] as number) + first + index;
        if ((room[place] as number) - (energy[place] as number) <= EPSILON_KWH) continue;
        this.#carSeen[car] = search;
        this.#carFrom[car] = index;
        if ((left[car] as number) > EPSILON_KWH) return this.#augment(car, target, mostKwh);
        reached.push(car);
        const { from, to } = this.#sharers[car] as Sharer;
        for (let other = from - first; other < to - first; other++) {
          if (this.#stepSeen[other] === search || this.#closedSteps[other] === 1) continue;
          if ((energy[(base[car] as number) + first + other] as number) <= EPSILON_KWH) continue;
          this.#stepSeen[other] = search;
          this.#stepFrom[other] = car;
          steps.push(other);
        }
      }
    }
    for (const index of steps) this.#closedSteps[index] = 1;
    for (const car of reached) this.#closedCars[car] = 1;
    return 0;
  }

  #augment(last: number, target: number, mostKwh: number): number {
    const { first, base, room, energy, left } = this.#problem;
    const gains: number[] = [];
    const losses: number[] = [];
    let kwh = Math.min(mostKwh, left[last] as number);
    for (let car = last; ; ) {
      const index = this.#carFrom[car] as number;
      const gain = (base[car] as number) + first + index;
      gains.push(gain);
      kwh = Math.min(kwh, (room[gain] as number) - (energy[gain] as number));
      if (index === target) break;
      car = this.#stepFrom[index] as number;
      const loss = (base[car] as number) + first + index;
      losses.push(loss);
      kwh = Math.min(kwh, energy[loss] as number);
    }
    for (const place of gains) energy[place] = (energy[place] as number) + kwh;
    for (const place of losses) energy[place] = (energy[place] as number) - kwh;
    left[last] = (left[last] as number) - kwh;
    return kwh;
  }
}
