import type { FaultOptions } from "./faults.ts";
import type { Unrest } from "./unrest.ts";

/** What is done to the world to find out guards: more of what they guard against. */
export type MixName =
  | "twice"
  | "brisk"
  | "tight"
  | "minds"
  | "logins"
  | "outages"
  | "losses"
  | "killed"
  | "unsure"
  | "long unsure"
  | "tardy";
export type Mix = {
  name: MixName;
  faults: Omit<FaultOptions, "only">;
  unrest?: Unrest;
  assets: number;
  hours: number;
  /** Promises that this world leaves no room for. */
  excused?: readonly string[];
};

/** Whoever waits seconds for a write finds that others were at the same rows meanwhile. */
const SLOW = { "dynamo/slow": 200, "dynamo/answer-lost": 20, "put-events/slow": 200 } as const;
const TWICE = { "tick/doubled": 300, "deliver/doubled": 200, "receive/doubled": 200, "invoke/doubled": 100 } as const;

/** Commands that nobody knows the outcome of. Some guards are found out by a short night of few, others by a longer one. */
const UNSURE = {
  faults: {
    level: "few",
    perMille: { "command/silent-done": 900, "put-events/slow": 900 },
    extra: [{ place: "put-events", kind: "crash-before", about: "TelemetryRecorded", perMille: 400 }],
  },
  unrest: { isBrisk: true, hasRestlessOwners: true },
} satisfies Pick<Mix, "faults" | "unrest">;

export const MIXES: readonly Mix[] = [
  {
    name: "twice",
    faults: { level: "few", perMille: { ...SLOW, ...TWICE, "invoke/dropped": 50 } },
    assets: 5,
    hours: 3,
  },
  {
    name: "brisk",
    faults: {
      level: "few",
      perMille: { ...SLOW, ...TWICE, "dynamo/slow": 400, "command/silent-done": 500, "invoke/dropped": 50 },
    },
    unrest: { isBrisk: true },
    assets: 6,
    hours: 3,
  },
  {
    name: "tight",
    faults: { level: "few", perMille: { ...TWICE, "command/unavailable-done": 100 } },
    unrest: { isBrisk: true, hasTightLimits: true },
    assets: 10,
    hours: 3,
    excused: ["no car is late that could be ready"],
  },
  {
    name: "minds",
    faults: { level: "few", perMille: { "dynamo/slow": 400, "tick/late": 300, "deliver/doubled": 200 } },
    unrest: { hasRestlessOwners: true },
    assets: 6,
    hours: 5,
  },
  {
    name: "logins",
    faults: {
      level: "few",
      perMille: {
        "token/relinked": 150,
        "token/unavailable": 300,
        "token/slow": 200,
        "dynamo/answer-lost": 200,
        "dynamo/slow": 300,
        "look/unauthorised": 200,
        "look/relinked": 50,
        "look/too-many-until": 60,
        "receive/doubled": 100,
      },
    },
    unrest: { isBrisk: true, hasShortLogins: true },
    assets: 10,
    hours: 3,
    excused: ["no car is late that could be ready"],
  },
  {
    name: "outages",
    faults: {
      level: "few",
      perMille: { "dynamo/slow": 300 },
      extra: [{ place: "put-events", kind: "crash-before", about: "VendorOutage", perMille: 900 }],
    },
    unrest: { isBrisk: true, outages: 4, ticksAMinute: 6 },
    assets: 12,
    hours: 3,
  },
  {
    name: "losses",
    faults: { level: "all", emphasis: { command: 2, token: 4, look: 3, dynamo: 4 } },
    assets: 8,
    hours: 6,
  },
  { name: "unsure", ...UNSURE, assets: 10, hours: 3 },
  { name: "long unsure", ...UNSURE, assets: 12, hours: 4 },
  {
    name: "tardy",
    faults: {
      level: "few",
      perMille: { "tick/lost": 700, "receive/late": 600, "deliver/late": 700, "command/unavailable": 500 },
    },
    unrest: { isBrisk: true },
    assets: 8,
    hours: 3,
    excused: ["no car is late that could be ready"],
  },
  { name: "killed", faults: { level: "few", killSwitch: true }, assets: 8, hours: 5 },
];
