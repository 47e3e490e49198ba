import { mapLimited } from "../../shared/map-limited.ts";
import { conditionSites, unmet } from "./conditions.ts";
import type { Job } from "./job.ts";
import { MIXES, type Mix } from "./mixes.ts";
import type { Played } from "./play.ts";
import { type Guard, SWITCHES, type SwitchName } from "./sabotage.ts";
import { count } from "./text.ts";
import type { Workers } from "./workers.ts";

/** So many nights in which a guard refuses something are played as they are, before its own writes take long. */
const AS_THEY_ARE = 2;
/** Refusals that are as good as more of them. */
const MANY = 10;
/** Seeds of all mixes that are played until each condition of the stores has been met. */
const MOST_TO_LEARN = 4;
/** What breaks where writes take longer than a function may. */
const TIMES_OUT = "P6 nothing fails by itself";
/** A guard that so many nights did not miss has survived. */
const MOST_NIGHTS = 256;

export type Verdict = { name: string; isMissed: boolean; nights: number };

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
): Promise<{ verdicts: Verdict[]; broken: string[] }> {
  const { workers, seed, processes, only } = given;
  /** Promises that nights break with every guard in place: nothing there tells of a guard. */
  const broken = new Map<string, string>();
  /** A night with all guards in place. */
  const whole = async (mix: Mix, index: number, lingers?: string): Promise<Whole> => {
    const { name: _, excused = [], ...setting } = mix;
    const slowly = lingers === undefined ? {} : { lingers, excused: [...excused, TIMES_OUT] };
    const job: Job = { seed: seed + index, excused, ...setting, ...slowly };
    const played = await workers.play(job);
    const where = whereOf({ mix, job });
    for (const { invariant, what } of played.violations) broken.set(`${where}: ${invariant}`, what);
    return { mix, job, played };
  };
  const learnt: Whole[] = [];
  const sites = conditionSites();
  const strange = () => unmet(sites, namesMet(learnt));
  for (let index = 0; index < MOST_TO_LEARN && (index === 0 || strange().length > 0); index++)
    learnt.push(...(await mapLimited(MIXES, processes, (mix) => whole(mix, index))));

  /** Nights that may find a guard out: those in which it refuses most first, then such as give it more to refuse. */
  async function* nightsFor(guard: Guard): AsyncGenerator<Whole> {
    const bites = (night: Whole) => refusals(guard, night);
    const worth = (night: Whole) => Math.min(bites(night), MANY) / night.played.cpuMs;
    yield* learnt
      .filter((night) => bites(night) > 0)
      .sort((a, b) => worth(b) - worth(a))
      .slice(0, AS_THEY_ARE);
    const asked = (one: Mix) => Math.max(...learnt.map((night) => (night.mix === one ? timesAsked(guard, night) : 0)));
    const mixes = MIXES.filter((mix) => asked(mix) > 0).sort((a, b) => asked(b) - asked(a));
    for (let index = 0; ; index++) {
      for (const mix of mixes.length > 0 ? mixes : MIXES)
        yield whole(mix, index, guard.kind === "condition" ? guard.name : undefined);
    }
  }

  const guards = guardsOf(learnt).filter(({ name }) => only === undefined || name.includes(only));
  print(`${count(guards.length, "guard")}; ${count(learnt.length, "night")} with all of them in place`);
  for (const { at } of strange()) print(`SURVIVED: the condition at ${at}, which no night has met`);
  const verdicts = await mapLimited(guards, processes, async (guard): Promise<Verdict> => {
    let [nights, bitten, cpuMs] = [0, 0, 0];
    const played = () => `${count(nights, "night")}, ${bitten} without it, ${(cpuMs / 1000).toFixed(1)} s of CPU`;
    for await (const night of nightsFor(guard)) {
      if (nights >= MOST_NIGHTS) break;
      nights += 1;
      if (night.job.lingers) cpuMs += night.played.cpuMs;
      if (refusals(guard, night) === 0) continue;
      bitten += 1;
      const { job } = night;
      const excused = [...(job.excused ?? []), ...promisesOf(night.played)];
      const without = await workers.play({ ...job, sabotage: guard, excused });
      cpuMs += without.cpuMs;
      const [missed] = without.violations;
      if (!missed) continue;
      print(`missed: ${guard.name} — ${missed.invariant} (${missed.what}; ${whereOf(night)}; ${played()})`);
      return { name: guard.name, isMissed: true, nights };
    }
    print(`SURVIVED: ${guard.name} (${played()})`);
    return { name: guard.name, isMissed: false, nights };
  });
  const unmetHere = only === undefined ? strange() : [];
  const never = unmetHere.map(({ at }) => ({ name: `the condition at ${at}`, isMissed: false, nights: 0 }));
  return { verdicts: [...verdicts, ...never], broken: [...broken].map(([where, what]) => `${where} (${what})`) };
}

/** How often a guard refused something in a night; of a switch nobody knows. */
function refusals(guard: Guard, { mix, played }: Whole): number {
  if (guard.kind === "switch") return SWITCHES[guard.name] === mix.name ? 1 : 0;
  return played.guards.find(({ name }) => name === guard.name)?.refused ?? 0;
}

function timesAsked(guard: Guard, night: Whole): number {
  if (guard.kind === "switch") return refusals(guard, night);
  return night.played.guards.find(({ name }) => name === guard.name)?.asked ?? 0;
}

function whereOf({ mix, job }: Pick<Whole, "mix" | "job">): string {
  return `seed ${job.seed} of ${mix.name}${job.lingers ? ", slowly" : ""}`;
}

function namesMet(nights: readonly Whole[]): string[] {
  return [...new Set(nights.flatMap(({ played }) => played.guards.map(({ name }) => name)))].sort();
}

function guardsOf(nights: readonly Whole[]): Guard[] {
  const conditions = namesMet(nights).map((name): Guard => ({ kind: "condition", name }));
  const switches = Object.keys(SWITCHES).map((name): Guard => ({ kind: "switch", name: name as SwitchName }));
  return [...conditions, ...switches];
}

function promisesOf({ violations }: Played): string[] {
  return [...new Set(violations.map(({ invariant }) => invariant))];
}
