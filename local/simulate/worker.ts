import { type Job, optionsOf } from "./job.ts";
import { play } from "./play.ts";

process.on("message", async (job: Job) => {
  process.send?.(await play(optionsOf(job)));
});
