import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Played, play } from "./play.ts";
import type { Options } from "./world.ts";

type Job = Omit<Options, "faults"> & { faults: Omit<Options["faults"], "only"> & { only?: string[] } };

/** Plays nights on several processes; answers come in no order. `onPlayed` may answer false to stop early. */
export async function playAll(
  jobs: readonly Job[],
  workers: number,
  onPlayed: (played: Played, job: Job) => boolean | undefined,
): Promise<void> {
  if (workers <= 1 || jobs.length <= 1) {
    for (const job of jobs) if (onPlayed(await play(optionsOf(job)), job) === false) return;
    return;
  }
  let next = 0;
  let isStopped = false;
  const work = (child: ChildProcess) =>
    new Promise<void>((resolve, reject) => {
      let job: Job | undefined;
      const give = () => {
        job = isStopped ? undefined : jobs[next++];
        if (job) child.send(job);
        else child.disconnect();
      };
      child.on("message", (played: Played) => {
        if (job && onPlayed(played, job) === false) isStopped = true;
        give();
      });
      child.on("error", reject);
      child.on("exit", (code) => (code === 0 ? resolve() : reject(new Error(`a worker ended with ${code}`))));
      give();
    });
  const entry = fileURLToPath(new URL("./worker.ts", import.meta.url));
  await Promise.all(Array.from({ length: Math.min(workers, jobs.length) }, () => work(fork(entry))));
}

export function optionsOf(job: Job): Options {
  const { only, ...faults } = job.faults;
  return { ...job, faults: { ...faults, ...(only && { only: new Set(only) }) } };
}
