import { type Job, optionsOf } from "./job.ts";
import { play } from "./play.ts";

// No call here takes real time, and the simulated vendor keeps its limit: a real timer each would only wait to be forgotten.
const never = new AbortController().signal;
AbortSignal.timeout = () => never;

process.on("message", async (job: Job) => {
  process.send?.(await play(optionsOf(job)));
});
