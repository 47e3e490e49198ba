import type { Instant } from "../../shared/domain/instant.ts";
import { batchKey } from "../../shared/store/schedule-rows.ts";
import { breaker } from "./breaker.ts";
import type { Claim } from "./decide.ts";
import type { Integration, SchedulerDeps } from "./handler.ts";

/** The part of a minute over which many batches are spread, so that a vendor sees a stream and not a beat. */
const SPREAD_MS = 55_000;
const STEP_MS = 5_000;

/** Sends out what was claimed: few batches at once, many spread over the minute, none once the vendor turns out to be down. */
export async function sendOut(
  { name, functionName, limits }: Integration,
  claims: readonly Claim[],
  { tickAt, vendorDown }: { tickAt: Instant; vendorDown: boolean },
  deps: SchedulerDeps,
): Promise<number> {
  const requests = claims.flatMap(({ run, stream, notAfter, batches }) =>
    batches.map((looks, number) => ({
      kind: "poll" as const,
      batchId: batchKey(run, number),
      stream,
      tickAt,
      notAfter,
      ...(vendorDown && { vendorDown: true as const }),
      assets: looks.map(({ assetId, expectAwake, why, periodMinutes }) => ({
        assetId,
        expectAwake,
        why,
        periodMinutes,
      })),
    })),
  );
  const steps = requests.length <= limits.reservedConcurrency ? 1 : Math.floor(SPREAD_MS / STEP_MS);
  let sent = 0;
  for (let step = 0; step < steps; step++) {
    if (step > 0) {
      await deps.pause(STEP_MS);
      // What was claimed and not sent is unfinished, and sent out again once the vendor is back.
      if (breaker(await deps.schedule.ledger(name, tickAt)).isOpen) break;
    }
    const part = requests.slice((step * requests.length) / steps, ((step + 1) * requests.length) / steps);
    await Promise.all(part.map((request) => deps.send(functionName, request)));
    sent += part.reduce((sum, { assets }) => sum + assets.length, 0);
  }
  return sent;
}
