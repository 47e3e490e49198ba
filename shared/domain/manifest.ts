import * as z from "zod";
import { Stream } from "./reading.ts";

const usd = z.number().nonnegative();
const minutes = z.number().int().positive().max(1440);

/** How often a stream is fetched, by what the asset is doing. */
export const Cadence = z.strictObject({
  idleMinutes: minutes,
  pluggedMinutes: minutes,
  chargingMinutes: minutes,
  /** While a command waits for its proof. */
  openCommandMinutes: minutes,
});
export type Cadence = z.infer<typeof Cadence>;

/** What a device can tell, or be told. Core code asks for a capability, never for a vendor. */
const Capability = z.enum([
  "soc",
  "power",
  "energy",
  "plugged",
  "temperature",
  "production",
  "charge.start",
  "charge.stop",
  "heat.mode",
  "wake",
]);

/** Vendor calls by kind; a kind left out is not made. */
const Calls = z.partialRecord(z.enum(["state", "data", "command", "wake"]), z.number().int().positive());
export type Calls = z.infer<typeof Calls>;

/** The vendor's own limit on how often we may call, over a sliding window. */
const RateLimit = z.strictObject({
  /** Whose calls are counted together. */
  scope: z.enum(["device", "account", "application"]),
  calls: z.number().int().positive(),
  perMinutes: z.number().int().positive(),
  /** The kinds of call that count; without it, all but logins. */
  kinds: z.array(z.enum(["state", "data", "command", "wake"])).optional(),
});

export type RateLimit = z.infer<typeof RateLimit>;

/** An integration's facts as plain data: what is deployed, polled and alarmed follows from it. */
export const Manifest = z.strictObject({
  /** Equals the folder's name. */
  name: z.string().regex(/^[a-z][a-z0-9-]*$/),
  vendor: z.string().min(1),
  family: z.enum(["vehicle", "charger", "heat-pump", "solar-site"]),
  owner: z.string().min(1),
  docsUrl: z.url(),
  capabilities: z.array(Capability).min(1),
  /** Environment variable → the vendor's base URL. */
  endpoints: z.record(z.string().regex(/^[A-Z][A-Z0-9_]*_URL$/), z.url()),
  streams: z.array(z.strictObject({ stream: Stream, cadence: Cadence })).min(1),
  limits: z.strictObject({
    /** Assets per invocation. */
    batchSize: z.number().int().min(1).max(100),
    /** Vendor calls in flight per invocation. */
    concurrency: z.number().int().min(1).max(25),
    /** Batches of looks at work at once, the coarse guard of the vendor. Commands have room of their own beside them. */
    batchesAtOnce: z.number().int().min(1).max(50),
  }),
  /** The most calls that one look, and one command with all that goes before and after it, makes: leased beforehand. */
  callsPerLook: Calls,
  callsPerCommand: Calls,
  /** What the vendor allows; known when the ledger says that polling is justified. A month counts as 31 days. */
  rateLimits: z.array(RateLimit).optional(),
  /** What the vendor bills for each kind of call, US dollars. */
  priceUsd: z.strictObject({ state: usd, data: usd, command: usd, wake: usd }),
  /** What the calls about one device may cost in a month, US dollars; absent where the vendor bills nothing. */
  budgetUsdPerDeviceMonth: z.number().positive().optional(),
  /** Keys the vendor secret must hold. */
  secretKeys: z.array(z.string()),
  /** What the vendor does with a refresh token that was already used. */
  refreshSemantics: z.enum(["strict", "grace", "reuse-revokes", "static"]),
  /** How long after acceptance a reading must have proved the action, ms. */
  confirmWithinMs: z.partialRecord(z.enum(["charge.start", "charge.stop", "heat.mode"]), z.number().int().positive()),
  onFailure: z.strictObject({ impact: z.string().min(10), runbook: z.string().regex(/^docs\/runbooks\/[a-z-]+\.md$/) }),
});
export type Manifest = z.infer<typeof Manifest>;

/** Whether anything can be commanded at this vendor. */
export function canCommand({ callsPerCommand }: Pick<Manifest, "callsPerCommand">): boolean {
  return Object.keys(callsPerCommand).length > 0;
}

/** Batches of commands at work at once: as many as of looks, and no fewer than SQS accepts as a mapping's maximum. */
export function commandBatchesAtOnce({ limits }: Pick<Manifest, "limits">): number {
  return Math.max(2, limits.batchesAtOnce);
}

/**
 * Invocations for which an integration's function must have room: the looks that the scheduler sends at once and the commands
 * that its queue hands over at once. With less, each turns the other away and neither is to blame.
 */
export function invocationsAtOnce(manifest: Pick<Manifest, "limits" | "callsPerCommand">): number {
  return manifest.limits.batchesAtOnce + (canCommand(manifest) ? commandBatchesAtOnce(manifest) : 0);
}

/**
 * Whose calls a vendor's "too many" is about: of all that its limits count together, the most. Where it counts by device,
 * each waits for itself; where nothing is known, all wait.
 */
export function scopeOfTooMany({ rateLimits = [] }: Pick<Manifest, "rateLimits">): "vendor" | "account" | "device" {
  const scopes = new Set(rateLimits.map(({ scope }) => scope));
  if (scopes.has("application") || scopes.size === 0) return "vendor";
  return scopes.has("account") ? "account" : "device";
}

/** Whether this vendor bills any call. */
export function isBilled({ priceUsd }: Pick<Manifest, "priceUsd">): boolean {
  return Object.values(priceUsd).some((usd) => usd > 0);
}

/** What the scheduler needs of a manifest, carried in its environment. */
export const IntegrationFacts = z.strictObject({
  name: Manifest.shape.name,
  functionName: z.string(),
  streams: Manifest.shape.streams,
  limits: Manifest.shape.limits,
});
export type IntegrationFacts = z.infer<typeof IntegrationFacts>;
