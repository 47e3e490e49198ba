import { type Instant, instant, MINUTE_MS } from "../../shared/domain/instant.ts";
import { nextEdge, type Plan } from "../../shared/domain/plan.ts";
import type { Published } from "./events.ts";
import type { History } from "./history.ts";
import { MOST_SKEW_MS } from "./lambda.ts";

type Row = Record<string, unknown>;

/** An edge is followed so long before it comes, on a clock that may be ahead. */
const EDGE_LEAD_MS = MINUTE_MS + MOST_SKEW_MS;

/** Judges what rows remember: nobody may strike out what is still to be done or told. */
export function owedWatch(history: History, nowMs: () => number) {
  const untold = new Map<string, number>();
  const toldMs = new Map<string, number>();
  const outages = new Set<string>();
  const begun = new Set<string>();
  const steps = new Map<string, number>();
  let published = 0;

  /** Takes up what the bus took since the last time. */
  const hear = () => {
    for (; published < history.published.length; published++) {
      const { name = "", detail = {} }: Partial<Published> = history.published[published] ?? {};
      if (name === "VendorOutageBegan" || name === "VendorOutageEnded")
        outages.add(`${name} ${detail.integration} ${detail.since} ${detail.endedAt ?? ""}`);
      if (name !== "TelemetryRecorded") continue;
      for (const reading of detail.readings as unknown as { assetId: string; stream: string; observedAt: Instant }[]) {
        const key = `${reading.assetId} ${reading.stream}`;
        toldMs.set(key, Math.max(toldMs.get(key) ?? 0, Date.parse(reading.observedAt)));
      }
    }
  };

  return {
    /** A reading that matters is called told when somebody has told of it, or of a newer one. */
    reading(row: Row) {
      const key = `${row.assetId} ${row.stream}`;
      const owedMs = untold.get(key);
      if (row.untoldBy !== undefined) untold.set(key, Number(row.untoldAtMs));
      else untold.delete(key);
      if (owedMs === undefined || row.untoldBy !== undefined) return;
      hear();
      if ((toldMs.get(key) ?? 0) >= owedMs) return;
      const what = `the reading of ${instant(owedMs)} is called told, and nobody told of it`;
      history.broken("P6 what matters is told", nowMs(), what, String(row.assetId));
    },

    /** The plan in force has its next edge in the index. */
    plan(row: Row) {
      if (!row.plan) return;
      const plan = row.plan as Plan;
      const edge = nextEdge(plan, instant(nowMs() + EDGE_LEAD_MS));
      const keptMs = Number(row.nextEdgeAtMs ?? Number.POSITIVE_INFINITY);
      if (!edge || keptMs <= Date.parse(edge)) return;
      const what = `plan ${plan.version} has an edge at ${edge}, and nobody will look at it then`;
      history.broken("no edge of a plan is forgotten", nowMs(), what, plan.assetId);
    },

    outage(row: Row) {
      const [about, step] = [String(row.integration), Number(row.step)];
      const before = steps.get(about) ?? 0;
      steps.set(about, step);
      if (step <= before) history.broken("P2 older never overwrites newer", nowMs(), `${before} became ${step}`, about);
      if (row.untoldSince !== undefined) return;
      const name = row.endedAt === undefined ? "VendorOutageBegan" : "VendorOutageEnded";
      hear();
      if (outages.has(`${name} ${row.integration} ${row.since} ${row.endedAt ?? ""}`)) return;
      const what = `the ${name} of ${row.since} is called told, and nobody told of it`;
      history.broken("P6 what matters is told", nowMs(), what, String(row.integration));
    },

    /** How far the scheduler has come with an integration: once it has begun, nobody may take it for new. */
    cursor(key: string, isNew: boolean) {
      if (!isNew) begun.add(key);
      else if (begun.has(key))
        history.broken("the scheduler never forgets how far it has come", nowMs(), "it is new again", key);
    },
  };
}
