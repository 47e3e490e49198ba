import { type Random, seededRandom } from "../random.ts";

/**
 * Where the world may go wrong, what may happen there, and how often of a thousand chances. Crashes and answers that are
 * lost can strike at every side effect.
 */
const EFFECT = { "crash-before": 0.3, "crash-after": 0.3, "answer-lost": 0.6, cut: 0.15, slow: 1 };

const CHANCES = {
  dynamo: { ...EFFECT, throttled: 0.3 },
  "put-events": { ...EFFECT, "some-refused": 30, "all-refused": 3 },
  "send-message": EFFECT,
  invoke: { ...EFFECT, dropped: 10, doubled: 20, late: 20 },
  deliver: { doubled: 20, late: 20 },
  receive: { doubled: 10, late: 10, "delete-lost": 10 },
  tick: { lost: 5, doubled: 10, late: 15 },
  seal: { "crash-before": 0.3, refused: 3 },
  feed: { refused: 40 },
  look: {
    "crash-before": 0.3,
    "crash-after": 0.3,
    unavailable: 10,
    silent: 5,
    html: 4,
    "too-many": 4,
    "too-many-until": 4,
    unauthorised: 4,
    old: 10,
    future: 4,
    "wrong-unit": 3,
    slow: 10,
    /** The customer links the login anew, which ends the old one. */
    relinked: 0,
  },
  command: {
    "crash-before": 4,
    "crash-after": 8,
    unavailable: 25,
    "unavailable-done": 15,
    "silent-done": 25,
    "silent-late": 10,
    silent: 15,
    html: 8,
    "too-many": 10,
    "too-many-until": 10,
    unauthorised: 10,
    ignored: 40,
    slow: 20,
  },
  token: {
    "crash-before": 5,
    "crash-after": 10,
    unavailable: 30,
    "silent-done": 10,
    silent: 20,
    slow: 20,
    /** The customer links the login anew while we renew it. */
    relinked: 0,
  },
  /** A machine's clock is set right, or wrong, while a function runs. */
  clock: { set: 20 },
} as const;

export type Place = keyof typeof CHANCES;
type FaultKind = { [P in Place]: keyof (typeof CHANCES)[P] }[Place];
type Chance = { [P in Place]: `${P}/${keyof (typeof CHANCES)[P] & string}` }[Place];
/** One fault that strikes: its name is the same in every run of the seed that comes this far in the same way. */
export type Strike = { id: string; kind: FaultKind; random: Random };
/** What was done to the world, in order. */
export type Injection = { id: string; atMs: number; what: string };

export type FaultOptions = {
  /** All, few, or none of what may go wrong. */
  level: "all" | "few" | "none";
  /** Only these may strike: how a failure is made small. */
  only?: ReadonlySet<string>;
  /** More of some, for a guard that they are to find out. */
  emphasis?: Partial<Record<Place, number>>;
  /** How often of a thousand, in place of what the seed drew. */
  perMille?: Partial<Record<Chance, number>>;
  /** The same, only where it is about this. */
  extra?: readonly { place: Place; kind: FaultKind; about: string; perMille: number }[];
  /** The kill switch goes on, and not only in some seeds. */
  killSwitch?: true;
};

export type Faults = {
  strike: (place: Place, what: string) => Strike | undefined;
  /** Notes what is done to the world besides strikes, unless it is left out. */
  allows: (id: string, what: string) => boolean;
  injected: Injection[];
  /** From here on nothing strikes any more. */
  cease: () => void;
  /** How much of each kind a seed has; none of some, for faults that never come alone hide behind each other. */
  level: FaultOptions["level"];
  isKilled: boolean;
};

export function seededFaults(seed: number, options: FaultOptions, nowMs: () => number): Faults {
  const { level, only, emphasis = {}, perMille: given = {}, extra = [] } = options;
  const injected: Injection[] = [];
  const mix = seededRandom(seed ^ 0x5eed);
  const places = new Map<Place, { base: number; next: number; steps: { kind: FaultKind; below: number }[] }>();
  const most = { all: 1, few: 0.15, none: 0 }[level];
  for (const place of Object.keys(CHANCES) as Place[]) {
    let below = 0;
    const steps = Object.entries(CHANCES[place]).map(([kind, perMille]) => {
      // What only some worlds have moves no draw of the others.
      const factor = perMille === 0 ? 0 : ([0, 0.5, 1, 1, 3][Math.floor(mix() * 5)] ?? 1);
      const set = given[`${place}/${kind}` as Chance];
      below += set === undefined ? (perMille / 1000) * most * factor * (emphasis[place] ?? 1) : set / 1000;
      return { kind: kind as FaultKind, below };
    });
    places.set(place, { base: Math.floor(mix() * 2 ** 32), next: 0, steps });
  }
  let isOver = level === "none";
  return {
    level,
    isKilled: options.killSwitch === true,
    injected,
    cease: () => {
      isOver = true;
    },
    allows(id, what) {
      if (level === "none" || (only && !only.has(id))) return false;
      injected.push({ id, atMs: nowMs(), what });
      return true;
    },
    strike(place, what) {
      const chance = places.get(place);
      if (isOver || !chance) return undefined;
      const number = chance.next++;
      const drawn = drawAt(chance.base, number);
      const own = extra.find((one) => one.place === place && what.includes(one.about) && drawn < one.perMille / 1000);
      if (!own && drawn >= (chance.steps.at(-1)?.below ?? 0)) return undefined;
      const kind = own?.kind ?? chance.steps.find(({ below }) => drawn < below)?.kind;
      const id = `${place}/${kind}#${number}`;
      if (kind === undefined || (only && !only.has(id))) return undefined;
      injected.push({ id, atMs: nowMs(), what });
      return { id, kind, random: seededRandom(chance.base ^ Math.imul(number + 1, 0x9e3779b1)) };
    },
  };
}

/** The draw of one place's `number`th chance: what strikes elsewhere does not move it. */
function drawAt(base: number, number: number): number {
  let mixed = (base + Math.imul(number + 1, 0x6d2b79f5)) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 15), 1 | mixed);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
}
