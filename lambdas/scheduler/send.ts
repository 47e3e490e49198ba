import { epochMs, type Instant, MINUTE_MS } from "../../shared/domain/instant.ts";
import { batchKey } from "../../shared/store/schedule-rows.ts";
import { chunks } from "../../shared/store/table.ts";
import { breaker } from "./breaker.ts";
import type { Claim } from "./decide.ts";
import type { Integration, SchedulerDeps } from "./handler.ts";

/** So many batches in a minute are no beat: they need not fill it. */
const FEW = 20;
/** What a batch mostly takes: then its room is free for the next. */
const BATCH_MS = 3_000;
/** More are spread over all of the minute, one by one, so that a vendor sees a stream and not a beat. */
const SPREAD_MS = MINUTE_MS;
/** More often than this is no smoother: each batch makes many calls itself. */
const STEP_MS = 100;
/** How often, while sending, the ledger is asked whether the vendor still answers. */
const CHECK_MS = 2_000;

/**
 * Sends out what was claimed: at once where the integration has room for all of it, else one by one as room becomes free,
 * many batches spread over the minute, none once the vendor turns out to be down.
 */
export async function sendOut(
  { name, functionName, limits }: Integration,
  claims: readonly Claim[],
  tickAt: Instant,
  deps: SchedulerDeps,
): Promise<number> {
  const requests = claims.flatMap(({ run, stream, notAfter, batches }) =>
    batches.map((looks, number) => ({
      kind: "poll" as const,
      batchId: batchKey(run, number),
      stream,
      tickAt,
      notAfter,
      assets: looks.map(({ assetId, expectAwake, why, periodMinutes }) => ({
        assetId,
        expectAwake,
        why,
        periodMinutes,
      })),
    })),
  );
  const spreadMs = spreadOver(requests.length, limits.batchesAtOnce);
  const steps = spreadMs > 0 ? chunks(requests, Math.ceil((requests.length * STEP_MS) / spreadMs)) : [requests];
  const startedMs = epochMs(deps.now());
  let pausedMs = 0;
  // The local platform's clock stands still while a function runs.
  const passedMs = () => Math.max(pausedMs, epochMs(deps.now()) - startedMs);
  let checkedMs = 0;
  let sent = 0;
  for (const [index, step] of steps.entries()) {
    const waitMs = (index * spreadMs) / steps.length - passedMs();
    if (waitMs > 0) {
      await deps.pause(waitMs);
      pausedMs += waitMs;
    }
    if (passedMs() - checkedMs >= CHECK_MS) {
      checkedMs = passedMs();
      // What was claimed and not sent is unfinished, and sent out again once the vendor is back.
      if (breaker(await deps.schedule.ledger(name, tickAt)).isOpen) break;
    }
    await Promise.all(step.map((request) => deps.send(functionName, request)));
    sent += step.reduce((sum, { assets }) => sum + assets.length, 0);
  }
  return sent;
}

function spreadOver(batches: number, atOnce: number): number {
  if (batches <= atOnce) return 0;
  return batches > FEW ? SPREAD_MS : Math.min(SPREAD_MS, (batches / atOnce) * BATCH_MS);
}
