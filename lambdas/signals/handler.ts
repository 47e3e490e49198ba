import { EventBridge } from "@aws-sdk/client-eventbridge";
import * as z from "zod";
import { type Bus, eventBridgeBus, systemNow } from "../../shared/bus.ts";
import type { NewEvent, StampedEvent } from "../../shared/domain/events.ts";
import { epochMs, HOUR_MS, type Instant, instant, plusMs } from "../../shared/domain/instant.ts";
import { Region } from "../../shared/domain/region.ts";
import type { Slot } from "../../shared/domain/signal.ts";
import { VendorError } from "../../shared/errors.ts";
import { EnvText, lambdaHandler, type Runtime } from "../../shared/handler.ts";
import { mapLimited } from "../../shared/map-limited.ts";
import { hashOf } from "../../shared/store/canonical.ts";
import { type SignalsStore, signalsStore } from "../../shared/store/signals.ts";
import { documentClient } from "../../shared/store/table.ts";
import { decision } from "./decision.ts";
import type { Batch, DroppedPoint, SignalSource, Span } from "./source.ts";
import { CarbonRegion, carbonIntensitySource } from "./sources/carbon-intensity.ts";
import { octopusSource } from "./sources/octopus.ts";

type Deps = Pick<Runtime, "now" | "log" | "meter"> & {
  sources: readonly SignalSource[];
  store: SignalsStore;
  bus: Bus;
};
type Outcome = { source: SignalSource; batch: Batch } | { source: SignalSource; error: unknown };
type Report = { series: string; fetched: number; stored: number; published: boolean }[];

const DAY_MS = 24 * HOUR_MS;
/** Of the 29 series that there can be; all of them hanging still leaves time to store what came. */
const IN_FLIGHT = 10;

/** Fetches every feed, stores what changed and says so. Throws, having stored nothing, when no feed was of use. */
export async function run(_event: unknown, deps: Deps): Promise<Report> {
  const now = deps.now();
  const span = daysAround(now);

  const outcomes = await mapLimited(deps.sources, IN_FLIGHT, (source) => fetchFrom(source, span, now));
  const loaded = await Promise.all(
    outcomes
      .filter((outcome) => "batch" in outcome)
      .map(async ({ source, batch }) => {
        const stored = await deps.store.slots(source.series, plusMs(span.from, -DAY_MS), span.to);
        return { source, batch, stored };
      }),
  );

  const decided = loaded.map(({ source, batch, stored }) => ({
    source,
    batch,
    ...decision(source, { batch, stored, span, now }),
  }));

  // Noted before the slots are written and told after, so that whoever hears of them can read them, and a crash in between
  // is made good by the next fetch.
  for (const { source, write, event } of decided) {
    if (event) await deps.store.owe(stamped(event, now));
    if (write.length > 0) await deps.store.putSlots(source.series, write);
  }
  const owed = await deps.store.owed();
  if (owed.length > 0) await deps.bus.publish(owed);
  for (const event of owed) await deps.store.told(event);

  const failed = outcomes.filter((outcome) => "error" in outcome);
  const standing = await Promise.all(
    failed.map(async ({ source }) => ({ source, slots: await deps.store.slots(source.series, now, span.to) })),
  );
  countAhead([...decided.map(({ source, after }) => ({ source, slots: after })), ...standing], now, deps);
  for (const { source, error } of failed) {
    const faultClass = error instanceof VendorError ? error.fault : "our-fault";
    deps.log.error("SIGNAL_FETCH_FAILED", error, { series: source.series, faultClass });
  }
  for (const { source, batch, findings } of decided) {
    const { series } = source;
    deps.meter.add("signal_points_dropped", batch.dropped.length);
    for (const dropped of byReason(batch.dropped)) deps.log.warn("SIGNAL_POINT_DROPPED", { series, ...dropped });
    for (const finding of findings) deps.log.warn("SIGNAL_DAY_INCOMPLETE", { series, ...finding });
  }
  if (decided.length === 0)
    throw new Error("no signal feed was of use; stored slots stand", { cause: failed[0]?.error });
  return decided.map(({ source, batch, write, event }) => ({
    series: source.series,
    fetched: batch.slots.length,
    stored: write.length,
    published: event !== undefined,
  }));
}

/** How far ahead each kind of signal is known, by the series that is known least far. */
function countAhead(
  known: readonly { source: SignalSource; slots: readonly Slot[] }[],
  now: Instant,
  deps: Deps,
): void {
  for (const [measure, metric] of [
    ["price", "price_hours_ahead"],
    ["carbon", "carbon_hours_ahead"],
  ] as const) {
    const hours = known.flatMap(({ source, slots }) => (source.measure === measure ? hoursAhead(slots, now) : []));
    if (hours.length > 0) deps.meter.add(metric, Math.min(...hours));
  }
}

function hoursAhead(slots: readonly Slot[], now: Instant): number {
  return Math.max(0, ...slots.map(({ endsAt }) => (epochMs(endsAt) - epochMs(now)) / HOUR_MS));
}

/** Its id follows from what it tells and when: a fetch that runs twice tells it once. */
function stamped(event: NewEvent, occurredAt: Instant): StampedEvent {
  return { ...event, occurredAt, eventId: hashOf({ ...event, occurredAt }).slice(0, 32) };
}

type DroppedForReason = { reason: string; points: number; firstAt: string };

/** One line for each reason: a feed that changes its shape spoils every row at once. */
function byReason(dropped: readonly DroppedPoint[]): DroppedForReason[] {
  const groups = new Map<string, DroppedForReason>();
  for (const { at, reason } of dropped) {
    const group = groups.get(reason) ?? { reason, points: 0, firstAt: at };
    groups.set(reason, { ...group, points: group.points + 1 });
  }
  return [...groups.values()];
}

/** Yesterday to tomorrow in UTC days, so that a feed sees the same URL all day and may cache its answer. */
export function daysAround(now: Instant): Span {
  const todayMs = Math.floor(epochMs(now) / DAY_MS) * DAY_MS;
  return { from: instant(todayMs - DAY_MS), to: instant(todayMs + 2 * DAY_MS) };
}

/** One feed's failure is a result, so that it cannot stop the others. */
async function fetchFrom(source: SignalSource, span: Span, now: Instant): Promise<Outcome> {
  try {
    return { source, batch: await source.fetchSlots(span, now) };
  } catch (error) {
    return { source, error };
  }
}

/** Comma-separated. */
function listOf<T>(item: z.ZodType<T, string>) {
  return EnvText.transform((text) => text.split(",")).pipe(z.array(item));
}

/** What the function is told by its template. */
export const Environment = z.object({
  SIGNALS_TABLE: EnvText,
  BUS_NAME: EnvText,
  OCTOPUS_API_URL: z.url(),
  OCTOPUS_PRODUCT: z.string().regex(/^[A-Z0-9-]+$/),
  OCTOPUS_REGIONS: listOf(Region),
  CARBON_INTENSITY_API_URL: z.url(),
  CARBON_REGIONS: listOf(CarbonRegion),
});

export const handler = lambdaHandler({
  service: "signals",
  event: z.unknown(),
  environment: Environment,
  dependencies: (env, _log, meter) => ({
    sources: [
      ...env.OCTOPUS_REGIONS.map((region) =>
        octopusSource({ fetch, baseUrl: env.OCTOPUS_API_URL, product: env.OCTOPUS_PRODUCT, region }),
      ),
      ...env.CARBON_REGIONS.map((region) =>
        carbonIntensitySource({ fetch, baseUrl: env.CARBON_INTENSITY_API_URL, region }),
      ),
    ],
    store: signalsStore(documentClient({}, meter), env.SIGNALS_TABLE),
    bus: eventBridgeBus(new EventBridge({}), env.BUS_NAME, systemNow),
  }),
  run,
});
