import type { Bus } from "./bus.ts";
import type { AssetId } from "./domain/asset.ts";
import type { NewEvent, StampedEvent } from "./domain/events.ts";
import { FAULT_TREATMENT, type FaultClass } from "./domain/fault.ts";
import type { Instant } from "./domain/instant.ts";
import type { Meter } from "./metrics.ts";
import type { Cause, CausesStore } from "./store/causes.ts";

const ACCOUNT = "account:";

export type FaultDetail = {
  assetId: AssetId;
  accountId?: string | undefined;
  integration: string;
  faultClass: FaultClass;
};

/** The cause that a fault is one case of: a dead login is one for all assets of its account. */
export function causeOf({ integration, assetId, accountId, faultClass }: FaultDetail): Cause {
  const { sharedBy } = FAULT_TREATMENT[faultClass];
  if (sharedBy === "integration") return { integration, of: "all", faultClass };
  const isOfAccount = sharedBy === "account" && accountId !== undefined;
  return { integration, of: isOfAccount ? `${ACCOUNT}${accountId}` : `asset:${assetId}`, faultClass };
}

type Given = { causes: Pick<CausesStore, "raise" | "clear">; now: () => Instant; meter: Meter };

/**
 * A bus on which each cause of a fault is raised once, whoever meets it, and cleared once, of the asset it was raised of:
 * looks, commands and verdicts share it. Logins that are lost are counted. What is published again after a crash has the same event id.
 */
export function toldOnce(bus: Bus, { causes, now, meter }: Given): Bus {
  return {
    async publish(events) {
      const told: (NewEvent | StampedEvent)[] = [];
      for (const event of events) {
        if (event.name === "FaultRaised") told.push(...(await raised(event, causes, now(), meter)));
        else if (event.name === "FaultCleared") told.push(...(await cleared(event, causes, now())));
        else told.push(event);
      }
      if (told.length > 0) await bus.publish(told);
    },
  };
}

async function raised(
  event: (NewEvent | StampedEvent) & { name: "FaultRaised" },
  causes: Pick<CausesStore, "raise">,
  now: Instant,
  meter: Meter,
): Promise<(NewEvent | StampedEvent)[]> {
  const cause = causeOf(event.detail);
  const at = await causes.raise(cause, metBy(event), event.detail.assetId, now);
  if (!at) return [];
  if (cause.of.startsWith(ACCOUNT)) meter.of({ integration: cause.integration }).add("logins_lost");
  return [{ ...stamp(cause, "raised", at), ...event }];
}

async function cleared(
  event: (NewEvent | StampedEvent) & { name: "FaultCleared" },
  causes: Pick<CausesStore, "clear">,
  now: Instant,
): Promise<(NewEvent | StampedEvent)[]> {
  const cause = causeOf(event.detail);
  const over = await causes.clear(cause, metBy(event), now);
  if (!over) return [];
  return [{ ...stamp(cause, "cleared", over.at), ...event, detail: { ...event.detail, assetId: over.assetId } }];
}

function metBy(event: { detail: FaultDetail; eventId?: string }): string {
  return event.eventId ?? `look#${event.detail.assetId}`;
}

function stamp({ integration, of, faultClass }: Cause, change: string, occurredAt: Instant) {
  return { eventId: `${integration}#${of}#${faultClass}#${change}#${occurredAt}`, occurredAt };
}
