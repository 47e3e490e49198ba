import type { Options } from "./world.ts";

/** A night to play, as it is told to another process. */
export type Job = Omit<Options, "faults"> & { faults: Omit<Options["faults"], "only"> & { only?: string[] } };

export function optionsOf(job: Job): Options {
  const { only, ...faults } = job.faults;
  return { ...job, faults: { ...faults, ...(only && { only: new Set(only) }) } };
}
