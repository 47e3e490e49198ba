import { play } from "./play.ts";
import { optionsOf } from "./workers.ts";

process.on("message", async (job: Parameters<typeof optionsOf>[0]) => {
  process.send?.(await play(optionsOf(job)));
});
