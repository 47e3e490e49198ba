import { setTimeout } from "node:timers/promises";
import { loadManifests } from "../lib/manifests.ts";
import { ops } from "./ops/cli.ts";
import { openTarget } from "./ops/target.ts";

// `npm run ops -- commands car-0001 | head` ends the reader first.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

process.exitCode = await ops(process.argv.slice(2), {
  stdin: process.stdin,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  open: openTarget,
  integrations: loadManifests,
  wait: (forMs) => setTimeout(forMs),
});
