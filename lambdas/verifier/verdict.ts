import type { Command } from "../../shared/domain/command.ts";
import type { FaultClass } from "../../shared/domain/fault.ts";
import { epochMs, type Instant } from "../../shared/domain/instant.ts";
import type { OutageCause } from "../../shared/domain/outage.ts";
import { isDone, proves } from "../../shared/domain/proof.ts";
import { asCharge, type Reachability, type Reading } from "../../shared/domain/reading.ts";

export type Verdict =
  | { verdict: "wait" }
  | { verdict: "confirmed"; afterMs: number; evidence: string }
  /** `isUnseen`: nobody has looked at the device since, so nothing speaks against it. */
  | { verdict: "missed"; faultClass: FaultClass; evidence: string; isUnseen?: boolean }
  | { verdict: "expired"; evidence: string };

/** A worker that has been sending for longer than its `checkAt` is gone; what it did is then judged like an unknown. */
const WAIT: Verdict = { verdict: "wait" };

/** What else a verdict rests on when a command's time has run out. */
export type Circumstances = {
  /** What keeps everybody of its vendor from being read. */
  outage?: OutageCause | undefined;
  /** How often the same was asked before, and missed; nothing has worked since. */
  missedBefore?: number;
  /** What the last command that worked had it charge at, A. */
  provedA?: number | undefined;
};

/** A car that charges at less than was asked for is asked so often again before that is taken for all that it can. */
const ASKED_AGAIN = 1;
/** The same where that is what our own last command left: the vendor's cloud may have let each go by. */
const ASKED_AGAIN_AS_LEFT = 3;

/**
 * Judges an open command by readings alone; a vendor's 200 proves nothing. Only a reading that the device made after the
 * command was taken counts. Called with each new reading, and when the command's time to confirm has run out.
 */
export function verdict(
  command: Command,
  reading: Reading | undefined,
  reach: Reachability | undefined,
  now: Instant,
  circumstances: Circumstances = {},
): Verdict {
  switch (command.status) {
    case "accepted":
      return judge(command, command.acceptedAt ?? command.issuedAt, reading, reach, now, circumstances);
    case "unknown":
      return judge(command, command.issuedAt, reading, reach, now, circumstances);
    case "issued":
      if (now < command.notAfter) return WAIT;
      return { verdict: "expired", evidence: command.evidence ?? "could not be sent before it was too late" };
    case "sending":
    case "confirmed":
    case "missed":
    case "rejected":
    case "expired":
    case "withdrawn":
      return WAIT;
  }
}

function judge(
  command: Command,
  since: Instant,
  reading: Reading | undefined,
  reach: Reachability | undefined,
  now: Instant,
  { outage, missedBefore = 0, provedA }: Circumstances,
): Verdict {
  const fresh = reading !== undefined && reading.observedAt > since;
  const confirmedBy = (proof: Reading, besides: string): Verdict => ({
    verdict: "confirmed",
    afterMs: epochMs(proof.observedAt) - epochMs(since),
    evidence: `reading of ${proof.observedAt}: ${seen(proof)}${besides}`,
  });
  if (fresh && proves(command.action, reading)) return confirmedBy(reading, fullTank(command, reading));
  if (now < command.checkAt) return WAIT;
  const lessA = fresh ? lesserA(command, reading) : undefined;
  if (fresh && lessA !== undefined && missedBefore >= (lessA === provedA ? ASKED_AGAIN_AS_LEFT : ASKED_AGAIN)) {
    const times = missedBefore === 1 ? "twice" : `${missedBefore + 1} times`;
    return confirmedBy(reading, `, set to ${lessA} A after it was asked ${times} for more: taken for all that it can`);
  }
  return { verdict: "missed", ...missedBecause(since, fresh ? reading : undefined, reach, outage) };
}

/** At what it charges where that is less than was wanted, A: a cable or an owner's own setting may allow no more. */
function lesserA({ action }: Command, reading: Reading): number | undefined {
  if (action.kind !== "charge.start" || reading.stream !== "charge" || !isDone(action, reading)) return undefined;
  const { currentLimitA } = reading;
  return currentLimitA !== null && currentLimitA < action.currentA ? currentLimitA : undefined;
}

/** The class of a miss, from what was seen last: exactly one, the most telling first. */
function missedBecause(
  since: Instant,
  reading: Reading | undefined,
  reach: Reachability | undefined,
  outage: OutageCause | undefined,
): { faultClass: FaultClass; evidence: string; isUnseen?: boolean } {
  const charge = asCharge(reading);
  if (charge?.state === "disconnected")
    return { faultClass: "customer-must-act", evidence: "the cable is not plugged in" };
  if (charge?.state === "no-power") {
    return {
      faultClass: "customer-must-act",
      evidence: "the charger offers no power: its own schedule, a tripped supply or load management",
    };
  }
  if (reach?.faultClass)
    return { faultClass: reach.faultClass, evidence: "no reading after the command; the last attempts to read failed" };
  if (reading === undefined) {
    if (outage)
      return { faultClass: outage, evidence: "no reading after the command; its vendor's assets fail together" };
    // What nobody has looked at since is not the device's silence.
    if (!reach || reach.lastFetchedAt <= since)
      return { faultClass: "transient", evidence: "nobody has looked at the device after the command", isUnseen: true };
    return { faultClass: "device-offline", evidence: "no reading after the command" };
  }
  return {
    faultClass: "transient",
    evidence: `the device answered ${seen(reading)}`,
  };
}

/** What a reading shows, in a few words. */
function seen(reading: Reading): string {
  switch (reading.stream) {
    case "charge":
      return (
        `${reading.state ?? "state unknown"} at ${kw(reading.powerKw)}` +
        (reading.ownScheduleActive ? ", waiting for its owner's own schedule" : "")
      );
    case "heat":
      return `mode ${reading.mode ?? "unknown"} at ${kw(reading.powerKw)}`;
    case "production":
      return kw(reading.productionKw);
  }
}

/** What proved a boost that nobody saw running. */
function fullTank({ action }: Command, reading: Reading): string {
  if (action.kind !== "heat.mode" || reading.stream !== "heat" || reading.mode === action.mode) return "";
  return `, the tank is full at ${reading.hotWaterC?.toFixed(1)} °C`;
}

function kw(powerKw: number | null): string {
  return `${powerKw?.toFixed(1) ?? "unknown"} kW`;
}
