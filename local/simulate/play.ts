import type { Injection } from "./faults.ts";
import type { Met } from "./guards.ts";
import type { Violation } from "./history.ts";
import { violationsOf } from "./invariants.ts";
import { type Options, playNight } from "./world.ts";

/** What a seed came to. */
export type Played = {
  seed: number;
  /** Of everything that happened, in its order: the same for every run of the seed. */
  hash: string;
  effects: number;
  injections: Injection[];
  violations: Violation[];
  cpuMs: number;
  lines: string[];
  guards: Met[];
};

/** Plays a night and judges it. What throws in the world itself is a broken promise too, for nothing may. */
export async function play(options: Options): Promise<Played> {
  const before = process.cpuUsage();
  const night = await playNight(options);
  const { excused = [] } = options;
  const isNew = ({ invariant }: Violation) => !excused.includes(invariant);
  // A night that was ended early keeps none of the promises that are judged at its end.
  const onTheWay = night.history.violations.filter(isNew);
  const violations = options.sabotage && onTheWay.length > 0 ? onTheWay : violationsOf(night).filter(isNew);
  const { user, system } = process.cpuUsage(before);
  const { trace, faults } = night.world;
  return {
    seed: options.seed,
    hash: trace.hash(),
    effects: trace.count(),
    injections: faults.injected,
    violations,
    cpuMs: (user + system) / 1000,
    lines: trace.lines,
    guards: night.guards,
  };
}
