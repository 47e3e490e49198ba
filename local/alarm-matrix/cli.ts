import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { synthesise } from "../../lib/app.ts";
import { loadManifests } from "../../lib/manifests.ts";
import { stagesFrom } from "../../lib/stages.ts";
import { MINUTE_MS } from "../../shared/domain/instant.ts";
import { openWorkers } from "../simulate/workers.ts";
import { causes } from "./causes.ts";
import type { Played } from "./night.ts";
import { readProd, STAGE } from "./prod.ts";
import { type Outcome, problemsOf, type Told } from "./verdict.ts";
import type { MatrixJob } from "./worker.ts";

type Out = { write: (text: string) => unknown };
const short = (name: string) => name.replace(/^headroom-prod-/, "");

export async function runAlarms(argv: readonly string[], { out }: { out: Out; err: Out }): Promise<number> {
  const manifests = await loadManifests();
  const assemblyDir = mkdtempSync(join(tmpdir(), "headroom-alarms-"));
  await synthesise({ validate: false, stages: [stagesFrom({})[STAGE]], manifests, outdir: assemblyDir });
  const prod = readProd(assemblyDir);
  const workers = await openWorkers<MatrixJob, Played>(1, new URL("./worker.ts", import.meta.url));
  const told = prod.alarms
    .filter(({ actions }) => actions.ALARM.length > 0)
    .map(
      ({ name, description }): Told => ({
        alarm: short(name),
        withinMinutes: Number(/Rings within (\d+) min/.exec(description)?.[1]),
      }),
    );
  const outcomes: Outcome[] = [];
  const all = causes();
  for (const cause of all.filter(
    ({ alarm, says }) => argv.length === 0 || argv.some((one) => alarm.includes(one) || says.includes(one)),
  )) {
    const {
      sinceMs,
      untilMs,
      rang,
      cpuMs = 0,
    } = await workers.play({ assemblyDir, manifests, cause: all.indexOf(cause) });
    const minutes = (ms: number) => Math.round(ms / MINUTE_MS);
    outcomes.push({
      cause: cause.says,
      alarm: cause.alarm,
      rang: rang.map(({ alarm, atMs, okMs }) => ({
        alarm: short(alarm),
        after: minutes(atMs - sinceMs),
        okAfter: okMs === undefined ? undefined : Math.max(0, minutes(okMs - untilMs)),
      })),
    });
    out.write(`${cause.alarm} ${cause.says} ${(cpuMs / 1e3).toFixed(1)}s ${JSON.stringify(outcomes.at(-1)?.rang)}\n`);
  }
  workers.close();
  rmSync(assemblyDir, { recursive: true });
  const problems = problemsOf(told, outcomes, []);
  for (const { kind, alarm, says } of problems) if (kind !== "no cause") out.write(`${kind}: ${alarm}: ${says}\n`);
  return problems.length === 0 ? 0 : 1;
}
