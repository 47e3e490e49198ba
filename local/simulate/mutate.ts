import { mapLimited } from "../../shared/map-limited.ts";
import type { Job } from "./job.ts";
import { MIXES, type Mix } from "./mixes.ts";
import type { Played } from "./play.ts";
import { type Guard, SWITCHES, type SwitchName } from "./sabotage.ts";
import { count } from "./text.ts";
import type { Workers } from "./workers.ts";

/** So many seeds of each mix are played with all guards in place, to learn what each of them refuses. */
const SEEDS_TO_LEARN = 2;
/** A guard that so many nights did not miss has survived. */
const MOST_NIGHTS = 24;

export type Verdict = {
  guard: Guard;
  missedBy: { seed: number; mix: string; invariant: string } | undefined;
  nights: number;
  /** Nights played with the guard in which it refused something. */
  provoked: number;
};

/** One night with all guards in place. */
type Whole = { mix: Mix; job: Job; played: Played };

/**
 * Takes each guard away in turn and plays until a promise breaks that holds in the same night with it. Up to the first write that a
 * condition refuses a night without it is the same: so only nights in which it refused something are played again. A promise
 * that a night breaks with every guard in place proves nothing there.
 */
export async function mutate(
  given: { workers: Workers; processes: number; seed: number; only?: string },
  print: (text: string) => void,
): Promise<Verdict[]> {
  const { workers, seed, processes, only } = given;
  const known = new Map<string, Promise<Whole>>();
  const whole = (mix: Mix, index: number): Promise<Whole> => {
    const { name, ...setting } = mix;
    const job: Job = { seed: seed + index, ...setting };
    const key = `${name} ${index}`;
    const night = known.get(key) ?? workers.play(job).then((played) => tellUnsound({ mix, job, played }));
    known.set(key, night);
    return night;
  };
  const tellUnsound = (night: Whole): Whole => {
    const { mix, job, played } = night;
    if (played.violations.length > 0)
      print(`seed ${job.seed} of ${mix.name} breaks with all guards: ${promisesOf(played).join("; ")}`);
    return night;
  };
  const first = MIXES.flatMap((mix) => Array.from({ length: SEEDS_TO_LEARN }, (_, index) => ({ mix, index })));
  const learnt = await mapLimited(first, processes, ({ mix, index }) => whole(mix, index));

  /** The nights that may find a guard out: those known, most refusals first, then further seeds of all mixes. */
  async function* nightsFor(guard: Guard) {
    const bites = (night: Whole) => refusals(guard, night.played);
    yield* learnt.filter((night) => bites(night) > 0).sort((a, b) => bites(b) - bites(a));
    const promising = MIXES.filter((mix) => learnt.some((night) => night.mix === mix && bites(night) > 0));
    for (let index = SEEDS_TO_LEARN; ; index++) {
      for (const mix of promising.length > 0 ? promising : MIXES) {
        const night = await whole(mix, index);
        if (bites(night) > 0) yield night;
        else yield undefined;
      }
    }
  }

  const guards = guardsOf(learnt).filter(({ name }) => only === undefined || name.includes(only));
  print(`${count(guards.length, "guard")}, ${count(learnt.length, "night")} with all of them in place`);
  return mapLimited(guards, processes, async (guard) => {
    const fromMs = performance.now();
    const seconds = () => `${((performance.now() - fromMs) / 1000).toFixed(0)} s`;
    let [nights, provoked] = [0, 0];
    for await (const night of nightsFor(guard)) {
      if (nights >= MOST_NIGHTS) break;
      nights += 1;
      if (!night) continue;
      provoked += 1;
      const { job, mix } = night;
      const { violations } = await workers.play({ ...job, sabotage: guard, excused: promisesOf(night.played) });
      const [missed] = violations;
      if (!missed) continue;
      print(
        `missed: ${guard.name} (${missed.invariant}: ${missed.what}; seed ${job.seed} of ${mix.name}, night ${provoked}, ${seconds()})`,
      );
      return { guard, missedBy: { seed: job.seed, mix: mix.name, invariant: missed.invariant }, nights, provoked };
    }
    print(`SURVIVED: ${guard.name} (${count(nights, "night")}, ${provoked} that it bears on, ${seconds()})`);
    return { guard, missedBy: undefined, nights, provoked };
  });
}

/** How often a guard refused something in a night; of a switch nobody knows. */
function refusals(guard: Guard, { guards }: Played): number {
  if (guard.kind === "switch") return 1;
  return guards.find(({ name }) => name === guard.name)?.refused ?? 0;
}

function guardsOf(nights: readonly Whole[]): Guard[] {
  const names = new Set(nights.flatMap(({ played }) => played.guards.map(({ name }) => name)));
  const conditions = [...names].sort().map((name): Guard => ({ kind: "condition", name }));
  const switches = Object.keys(SWITCHES).map((name): Guard => ({ kind: "switch", name: name as SwitchName }));
  return [...conditions, ...switches];
}

function promisesOf({ violations }: Played): string[] {
  return [...new Set(violations.map(({ invariant }) => invariant))];
}
