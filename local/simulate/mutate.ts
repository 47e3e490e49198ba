import { groupBy } from "../../shared/group-by.ts";
import { mapLimited } from "../../shared/map-limited.ts";
import type { FaultOptions } from "./faults.ts";
import type { Job } from "./job.ts";
import type { Played } from "./play.ts";
import { type Guard, guardName, SWITCHES, type SwitchName } from "./sabotage.ts";
import { count } from "./text.ts";
import type { Workers } from "./workers.ts";

/** What is done to the world to find out a guard: more of what it guards against. */
type Mix = { name: string; faults: Omit<FaultOptions, "only">; assets: number; hours: number };

/** Tried in turn, each on a few seeds: whatever is sent twice, then whatever is lost, then everything. */
const MIXES: readonly Mix[] = [
  {
    name: "doubles",
    faults: { level: "all", emphasis: { tick: 6, invoke: 6, deliver: 6, receive: 8, dynamo: 3 } },
    assets: 8,
    hours: 4,
  },
  {
    name: "losses",
    faults: { level: "all", emphasis: { command: 2, token: 4, look: 3, dynamo: 4 } },
    assets: 8,
    hours: 6,
  },
  { name: "killed", faults: { level: "few", killSwitch: true }, assets: 8, hours: 5 },
  { name: "all", faults: { level: "all" }, assets: 12, hours: 10 },
];
const SEEDS_EACH = 4;

export type Verdict = {
  guard: Guard;
  missedBy: { seed: number; mix: string; invariant: string } | undefined;
  nights: number;
};

/**
 * Takes each guard away in turn and plays until a promise breaks that holds with it. A seed that breaks a promise with every
 * guard in place proves nothing and is left out.
 */
export async function mutate(
  given: { workers: Workers; processes: number; seed: number; only?: string },
  print: (text: string) => void,
): Promise<Verdict[]> {
  const { workers, seed, processes } = given;
  const jobs = MIXES.flatMap((mix) =>
    Array.from({ length: SEEDS_EACH }, (_, index) => ({ mix, job: jobOf(mix, seed + index) })),
  );
  const whole = await mapLimited(jobs, processes, async (one) => ({ ...one, played: await workers.play(one.job) }));
  const sound = whole.filter(({ played }) => played.violations.length === 0);
  for (const { mix, played } of whole) {
    if (played.violations.length > 0)
      print(`left out: seed ${played.seed} of ${mix.name} breaks a promise with all guards (${promisesOf(played)})`);
  }
  const guards = guardsOf(whole.map(({ played }) => played)).filter(
    (guard) => given.only === undefined || guardName(guard).includes(given.only),
  );
  print(`${count(guards.length, "guard")}, ${count(sound.length, "night")} to find each out`);
  return mapLimited(guards, processes, async (guard) => {
    let nights = 0;
    for (const { job, mix } of inTurn(sound)) {
      nights += 1;
      const { violations } = await workers.play({ ...job, sabotage: guard });
      const [first] = violations;
      if (!first) continue;
      const verdict = { guard, missedBy: { seed: job.seed, mix: mix.name, invariant: first.invariant }, nights };
      print(`missed: ${guardName(guard)} (${first.invariant}; seed ${job.seed} of ${mix.name}, night ${nights})`);
      return verdict;
    }
    print(`SURVIVED: ${guardName(guard)} (${count(nights, "night")})`);
    return { guard, missedBy: undefined, nights };
  });
}

function jobOf({ faults, assets, hours }: Mix, seed: number): Job {
  return { seed, assets, hours, faults };
}

/** The first seed of each mix, then the second of each. */
function inTurn<T extends { mix: Mix }>(nights: readonly T[]): T[] {
  const lists = [...groupBy(nights, ({ mix }) => mix.name).values()];
  return Array.from({ length: SEEDS_EACH }, (_, index) => lists.flatMap((list) => list[index] ?? [])).flat();
}

function guardsOf(played: readonly Played[]): Guard[] {
  const conditions = new Map(played.flatMap(({ guards }) => guards).map((guard) => [guardName(guard), guard]));
  const switches = Object.keys(SWITCHES).map((name): Guard => ({ kind: "switch", name: name as SwitchName }));
  return [...[...conditions.values()].sort((a, b) => (guardName(a) < guardName(b) ? -1 : 1)), ...switches];
}

function promisesOf({ violations }: Played): string {
  return [...new Set(violations.map(({ invariant }) => invariant))].join("; ");
}
