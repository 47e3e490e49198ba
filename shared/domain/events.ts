import * as z from "zod";
import { AssetId } from "./asset.ts";
import { Action } from "./command.ts";
import { FaultClass } from "./fault.ts";
import { Instant } from "./instant.ts";
import { OutageCause } from "./outage.ts";
import { Proof } from "./plan.ts";
import { PortfolioId } from "./portfolio.ts";

const base = { version: z.literal(1), eventId: z.string().min(8), occurredAt: Instant };
const commandRef = { ...base, commandId: z.string(), assetId: AssetId, integration: z.string() };

const faultRef = {
  ...base,
  assetId: AssetId,
  /** Where looks or commands met it; a verdict knows the asset only. */
  accountId: z.string().optional(),
  integration: z.string(),
  faultClass: FaultClass,
};

/**
 * Every fact that goes on the bus: name → schema of `detail`. Ids only, no personal data.
 * Example (CommandIssued): `{"version":1,"eventId":"…","occurredAt":"2026-11-20T02:00:00.000Z","commandId":"9f…",
 * "assetId":"car-0001","integration":"acme","action":{"kind":"charge.start","currentA":32},"notAfter":"…"}`.
 */
export const EVENTS = {
  SignalUpdated: z.strictObject({
    ...base,
    series: z.string(),
    measure: z.enum(["price", "carbon"]),
    /** Span of the slots that changed. */
    from: Instant,
    to: Instant,
    changedSlots: z.number().int().positive(),
  }),
  TelemetryRecorded: z.strictObject({
    ...base,
    integration: z.string(),
    /** True when at least one of the readings could change a plan. */
    matters: z.boolean(),
    readings: z
      .array(z.strictObject({ assetId: AssetId, stream: z.string(), observedAt: Instant, matters: z.boolean() }))
      .min(1),
  }),
  AssetEnrolled: z.strictObject({ ...base, assetId: AssetId, fleetId: z.string() }),
  PlanUpdated: z.strictObject({
    ...base,
    assetId: AssetId,
    planVersion: z.number().int(),
    energyNeededKwh: z.number(),
    shortfallKwh: z.number(),
    windows: z.number().int(),
    /** Null where nothing was to be chosen, or a price is unknown. */
    proof: Proof.nullable(),
  }),
  /** A portfolio (or a part of a large one) was planned as a whole: what it costs from then on, and how good that is. */
  PortfolioPlanned: z.strictObject({
    ...base,
    portfolioId: PortfolioId,
    part: z.number().int(),
    parts: z.number().int(),
    assets: z.number().int(),
    objectivePence: z.number(),
    boundPence: z.number(),
    gap: z.number(),
    shortfallKwh: z.number(),
    isFinished: z.boolean(),
  }),
  /** What a portfolio may draw was set or withdrawn, somewhere in [from, to). */
  GridEventChanged: z.strictObject({ ...base, portfolioId: PortfolioId, from: Instant, to: Instant }),
  /** Control of all devices was switched off (the kill switch is on) or is allowed again. */
  ControlSwitched: z.strictObject({ ...base, isOn: z.boolean() }),
  CommandIssued: z.strictObject({ ...commandRef, action: Action, notAfter: Instant }),
  CommandAccepted: z.strictObject({ ...commandRef, withoutEffect: z.boolean() }),
  CommandRejected: z.strictObject({ ...commandRef, faultClass: FaultClass }),
  CommandConfirmed: z.strictObject({ ...commandRef, afterMs: z.number().nonnegative() }),
  CommandMissed: z.strictObject({ ...commandRef, faultClass: FaultClass }),
  CommandExpired: z.strictObject({ ...commandRef }),
  CommandWithdrawn: z.strictObject({ ...commandRef }),
  /** Once for each cause: of a cause that an account or an integration shares, by the first of its assets that met it. */
  FaultRaised: z.strictObject({ ...faultRef, nextStep: z.string() }),
  FaultCleared: z.strictObject(faultRef),
  /** Nobody's assets at a vendor can be read or commanded: told once, in place of a fault of each. */
  VendorOutageBegan: z.strictObject({
    ...base,
    integration: z.string(),
    faultClass: OutageCause,
    since: Instant,
    assetsAffected: z.number().int().nonnegative(),
    /** What their plans would take in the next hours, kWh. */
    energyAtRiskKwh: z.number().nonnegative(),
  }),
  VendorOutageEnded: z.strictObject({
    ...base,
    integration: z.string(),
    faultClass: OutageCause,
    since: Instant,
    endedAt: Instant,
  }),
} as const;

export type EventName = keyof typeof EVENTS;
export type EventDetail<N extends EventName> = z.infer<(typeof EVENTS)[N]>;
/** An event before it is stamped with its id and time. */
export type NewEvent = {
  [N in EventName]: { name: N; detail: Omit<EventDetail<N>, "version" | "eventId" | "occurredAt"> };
}[EventName];
/**
 * An event that has its id and time already: told twice, it is the same event. As it is stored where it is owed; the bus
 * holds its detail against the catalogue.
 */
export const StampedEvent = z
  .object({
    name: z.enum(Object.keys(EVENTS) as EventName[]),
    eventId: z.string().min(8),
    occurredAt: Instant,
    detail: z.looseObject({}),
  })
  .transform((event) => event as unknown as NewEvent & { eventId: string; occurredAt: Instant });
export type StampedEvent = z.infer<typeof StampedEvent>;
export const EVENT_SOURCE = "headroom";
