import { violationsOf } from "./simulate/invariants.ts";
import { playNight } from "./simulate/world.ts";

const [seed = "1", level = "none"] = process.argv.slice(2);
const from = performance.now();
const night = await playNight({
  seed: Number(seed),
  assets: 20,
  faults: { level: level as "none" },
  keepsTrace: process.argv[4] === "trace",
});
process.stdout.write(`${night.world.trace.lines.join("\n")}\n`);
process.stdout.write(
  `${night.world.trace.hash()} ${Math.round(performance.now() - from)} ms ${night.world.faults.injected.length} faults\n`,
);
for (const one of violationsOf(night))
  process.stdout.write(`${new Date(one.atMs).toISOString()} ${one.invariant}: ${one.about} ${one.what}\n`);
