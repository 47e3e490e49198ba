import * as z from "zod";
import type { FaultClass } from "./fault.ts";
import { epochMs, Instant, later, MINUTE_MS, plusMs } from "./instant.ts";

/** What keeps everybody of one vendor from being read: its cloud, or our own client there. */
export const OutageCause = z.enum(["vendor-outage", "our-configuration"]);
export type OutageCause = z.infer<typeof OutageCause>;

/** The last outage of an integration, under way until it has an end. */
export const Outage = z.strictObject({
  integration: z.string(),
  faultClass: OutageCause,
  /** The first look that failed for it. */
  since: Instant,
  assetsAffected: z.number().int().nonnegative(),
  /** What its assets' plans would have taken in the hours after it was noticed, kWh. */
  energyAtRiskKwh: z.number().nonnegative(),
  endedAt: Instant.optional(),
});
export type Outage = z.infer<typeof Outage>;

/** The last outage where it is not over; undefined when nothing keeps the vendor's assets from being read. */
export function outageUnderWay(last: Outage | undefined): Outage | undefined {
  return last?.endedAt === undefined ? last : undefined;
}

/** What one batch of looks met, as the run ledger has it: classes as the vendor's answers said them, before triage. */
export type Looks = {
  at: Instant;
  ok: number;
  faults: Partial<Record<FaultClass, number>>;
  /** Whose looks failed as they do when a vendor is down; some of them, where they are many. */
  failedAccounts: readonly string[];
};

export type OutageChange =
  | { change: "began"; faultClass: OutageCause; since: Instant }
  | { change: "ended"; at: Instant };

/** How far back looks are evidence. */
const OUTAGE_WINDOW_MS = 15 * MINUTE_MS;

/** Said by, or for, a vendor's cloud as a whole. */
export const CLOUD: readonly FaultClass[] = ["transient", "vendor-outage"];
/** What a vendor says of a login that our own client is not let in with. */
export const REFUSED: readonly FaultClass[] = [
  "token-expired",
  "credentials-revoked",
  "customer-must-act",
  "our-configuration",
];
/** A vendor that says this of a device is there; of a web page in place of an answer nobody can tell. */
const ANSWERED: readonly FaultClass[] = ["device-offline", "rate-limited", "quota-exhausted", "unsupported-by-device"];

/** So many customers, none of whom is answered, do not fail by chance: back-off looks at the failing most often. */
const CUSTOMERS = 6;
/** Of a vendor with fewer: nothing was answered in all the window, although it was asked so often. */
const FEW_CUSTOMERS = 2;
const FEW_LOOKS = 5;
/** That nobody's login is good is never the customers; it takes so many of them to say so. */
const REFUSED_CUSTOMERS = 5;
/** A part of the vendor's assets fails, again and again. */
const PART = 0.2;
const PART_CUSTOMERS = 8;
const PART_WINDOW_MS = 10 * MINUTE_MS;
/** It is over when hardly anything fails any more. */
const OVER = 0.1;
const OVER_LOOKS = 5;
const OVER_MS = 3 * MINUTE_MS;

/**
 * Did an outage begin or end? One asset, or one customer's login, is never the evidence: it takes several customers whose
 * looks all fail, or eight of them and a fifth of what comes back, for ten minutes.
 */
export function outageChange(
  last: Outage | undefined,
  batches: readonly Looks[],
  now: Instant,
): OutageChange | undefined {
  const from = plusMs(now, -OUTAGE_WINDOW_MS);
  const recent = batches
    .filter(({ at }) => at > from && at <= now)
    .toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  const open = outageUnderWay(last);
  if (open) return end(recent, open.since, now);
  const { endedAt } = last ?? {};
  const since = endedAt ? recent.filter(({ at }) => at >= endedAt) : recent;
  return everythingFails(since) ?? aPartFails(since, now);
}

function everythingFails(batches: readonly Looks[]): OutageChange | undefined {
  const answered = batches.findLastIndex((batch) => answeredIn(batch) > 0);
  const tail = batches.slice(answered + 1).filter((batch) => failedIn(batch) > 0);
  const [first] = tail;
  if (!first) return undefined;
  const refused = sum(tail, (batch) => count(batch, REFUSED));
  const isRefused = refused >= 0.8 * sum(tail, failedIn);
  // One customer who is refused and another who gets no answer are two small troubles, not a large one.
  const alike = tail.filter((batch) => count(batch, isRefused ? REFUSED : CLOUD) > 0);
  const customers = customersOf(alike);
  const isSilent = answered < 0 && customers >= FEW_CUSTOMERS && sum(tail, failedIn) >= FEW_LOOKS;
  if (customers < CUSTOMERS && !isSilent) return undefined;
  if (isRefused && customers < REFUSED_CUSTOMERS) return undefined;
  return { change: "began", faultClass: isRefused ? "our-configuration" : "vendor-outage", since: first.at };
}

function aPartFails(batches: readonly Looks[], now: Instant): OutageChange | undefined {
  const [from, middle] = [plusMs(now, -PART_WINDOW_MS), plusMs(now, -PART_WINDOW_MS / 2)];
  const within = batches.filter(({ at }) => at > from);
  const cloud = within.filter((batch) => count(batch, CLOUD) > 0);
  const [first] = cloud;
  if (!first || customersOf(cloud) < PART_CUSTOMERS) return undefined;
  const isPart = (half: readonly Looks[]) => {
    const failed = customersOf(half.filter((batch) => count(batch, CLOUD) > 0));
    return failed > 0 && failed >= PART * (failed + sum(half, answeredIn));
  };
  if (!isPart(within.filter(({ at }) => at <= middle)) || !isPart(within.filter(({ at }) => at > middle)))
    return undefined;
  return { change: "began", faultClass: "vendor-outage", since: first.at };
}

function end(batches: readonly Looks[], since: Instant, now: Instant): OutageChange | undefined {
  const from = later(since, plusMs(now, -PART_WINDOW_MS));
  const newest = batches.filter(({ at }) => at > from);
  const back = newest.findIndex((batch) => answeredIn(batch) > 0);
  const [first] = newest.slice(Math.max(0, back));
  if (back < 0 || !first) return undefined;
  const looks = newest.slice(back);
  const [answered, failed] = [sum(looks, answeredIn), sum(looks, failedIn)];
  if (failed >= OVER * (failed + answered)) return undefined;
  const isSure = answered >= OVER_LOOKS || epochMs(now) - epochMs(first.at) >= OVER_MS;
  return isSure ? { change: "ended", at: first.at } : undefined;
}

/** Does an answer of this class, to several customers, speak of an outage? */
export function isOutageEvidence(said: FaultClass): boolean {
  return CLOUD.includes(said) || REFUSED.includes(said);
}

function failedIn(batch: Looks): number {
  return count(batch, CLOUD) + count(batch, REFUSED);
}

function answeredIn(batch: Looks): number {
  return batch.ok + count(batch, ANSWERED);
}

function count({ faults }: Looks, classes: readonly FaultClass[]): number {
  return classes.reduce((total, name) => total + (faults[name] ?? 0), 0);
}

function sum(batches: readonly Looks[], of: (batch: Looks) => number): number {
  return batches.reduce((total, batch) => total + of(batch), 0);
}

function customersOf(batches: readonly Looks[]): number {
  return new Set(batches.flatMap(({ failedAccounts }) => failedAccounts)).size;
}
