import type { Asset } from "../domain/asset.ts";
import { epochMs, type Instant, MINUTE_MS } from "../domain/instant.ts";
import type { Reachability, Reading, Stream } from "../domain/reading.ts";
import { isFetchedSince, type LookWhy } from "../domain/wheel.ts";
import type { Latest } from "../store/readings.ts";
import type { DueLook } from "../store/schedule.ts";
import { tally } from "../tally.ts";
import type { CallClass } from "./budget.ts";
import type { IntegrationDeps } from "./deps.ts";
import { cadenceOf, lookMinute, nextLook, proofUntil } from "./next-look.ts";
import type { PollRequest } from "./poll-request.ts";

/** One look that the scheduler asked for, and what is known of its asset. */
export type Ask = PollRequest["assets"][number] & {
  asset: Asset;
  known: Latest | undefined;
  /** Until when a taken command waits for its proof: known of looks for one. */
  proofUntil?: Instant | undefined;
};
/** A look that was not made, and why. */
export type Unreached = {
  ask: Ask;
  because: "late" | "time" | "rate" | "budget" | "outage";
  retryAfterMs?: number | undefined;
};

const RECENT_COMMANDS = 5;
const CLASS_OF_LOOK: Record<LookWhy, CallClass> = {
  probe: "probe",
  // Whether a command worked is worth as much as whether the vendor does.
  command: "probe",
  charging: "fast",
  edge: "fast",
  backoff: "routine",
  routine: "routine",
};

/** Leaves out whom somebody else has looked at since the tick, and whose command has had its proof. */
export async function worthALook(
  asks: readonly Ask[],
  { tickAt, stream }: PollRequest,
  deps: IntegrationDeps,
): Promise<Ask[]> {
  const kept = await Promise.all(
    asks.map(async (ask) => {
      if (ask.why !== "command") return isFetchedSince(ask.known?.reach, tickAt, deps.now()) ? [] : [ask];
      const waiting = proofUntil(await deps.commands.recent(ask.assetId, RECENT_COMMANDS), deps.now());
      if (!ask.known || waiting) return [{ ...ask, proofUntil: waiting }];
      await planNext(ask, { reading: ask.known.reading, reach: ask.known.reach }, stream, deps);
      return [];
    }),
  );
  return kept.flat();
}

/** Leases the calls of every look before the first is made, the most urgent class first. */
export async function leaseLooks(
  asks: readonly Ask[],
  deps: IntegrationDeps,
): Promise<{ granted: Ask[]; refused: Unreached[] }> {
  const granted: Ask[] = [];
  const refused: Unreached[] = [];
  for (const cls of ["command", "probe", "fast", "routine"] as const) {
    const ofClass = new Map(
      asks.flatMap((ask) => (CLASS_OF_LOOK[ask.why] === cls ? [[ask.assetId, ask] as const] : [])),
    );
    if (ofClass.size === 0) continue;
    const lease = await deps.budget.lease(
      cls,
      [...ofClass.values()].map(({ asset }) => asset),
    );
    granted.push(...lease.granted.flatMap(({ assetId }) => ofClass.get(assetId) ?? []));
    for (const { asset, retryAfterMs } of lease.refused) {
      const ask = ofClass.get(asset.assetId);
      if (ask) refused.push({ ask, because: "budget", retryAfterMs });
    }
  }
  return { granted, refused };
}

/** Puts an asset where it belongs on the wheel after a look, and asks for the exception that it needs. */
export async function planNext(
  ask: Ask,
  {
    retryAfterMs = 0,
    ...seen
  }: { reading: Reading | undefined; reach: Reachability; retryAfterMs?: number | undefined },
  stream: Stream,
  deps: IntegrationDeps,
): Promise<void> {
  const now = deps.now();
  const { assetId, proofUntil } = ask;
  const { periodMinutes, sooner } = nextLook({ assetId, ...seen, proofUntil }, cadenceOf(deps.manifest, stream), now);
  const place = placeOf(ask, stream, deps);
  if (periodMinutes !== ask.periodMinutes) await deps.schedule.move(place, periodMinutes);
  if (!sooner) return;
  const soonest = lookMinute(now, retryAfterMs / MINUTE_MS);
  const dueAt = retryAfterMs > 0 && sooner.dueAt < soonest ? soonest : sooner.dueAt;
  await deps.schedule.lookAt({ ...place, periodMinutes, ...sooner, dueAt, setAt: now });
}

/**
 * Asks again for looks that were not made. While the vendor is down only proofs are: the wheel has the others, and the
 * breaker decides when their turn comes.
 */
export async function askAgain(unreached: readonly Unreached[], stream: Stream, deps: IntegrationDeps): Promise<void> {
  if (unreached.length === 0) return;
  const now = deps.now();
  const counts = tally(unreached, ({ because }) => because);
  deps.log.warn("POLL_NOT_ATTEMPTED", { integration: deps.manifest.name, ...counts });
  await Promise.all(
    unreached.map(async ({ ask, because, retryAfterMs = MINUTE_MS }) => {
      if (because === "outage" && ask.why !== "command") return;
      const look: DueLook = {
        ...placeOf(ask, stream, deps),
        why: ask.why,
        dueAt: lookMinute(now, Math.ceil(retryAfterMs / MINUTE_MS)),
        setAt: now,
      };
      const turnMs = ask.periodMinutes * MINUTE_MS;
      // Whose own turn comes first anyway waits for that.
      if (ask.why === "routine" && epochMs(look.dueAt) - epochMs(now) >= turnMs) return;
      await deps.schedule.lookAt(look);
    }),
  );
}

function placeOf({ asset, periodMinutes }: Ask, stream: Stream, { manifest }: IntegrationDeps) {
  const { assetId, accountId } = asset;
  return { integration: manifest.name, assetId, accountId, stream, periodMinutes };
}
