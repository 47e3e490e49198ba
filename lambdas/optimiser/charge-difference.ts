import { type Car, type Charger, currentForPower } from "../../shared/domain/asset.ts";
import type { Action, Command } from "../../shared/domain/command.ts";
import { HOUR_MS, type Instant, plusMs } from "../../shared/domain/instant.ts";
import { isEnoughCurrent } from "../../shared/domain/proof.ts";
import type { ChargeReading } from "../../shared/domain/reading.ts";
import { type Difference, difference, type Given, NOTHING } from "./difference.ts";
import { asksAsMuch } from "./recent-commands.ts";
import { spreadSeconds } from "./spread.ts";

/** A car that begins again after this many stops that worked, within this long, does as its owner set it. */
const STOPS_IN_VAIN = 2;
const IN_VAIN_MS = 6 * HOUR_MS;

/** What to do about one car or charger now, or at an edge just ahead. */
export function chargeDifference(input: Given & { asset: Car | Charger; reading: ChargeReading }): Difference {
  const { asset, reading, recent } = input;
  if (reading.plugged === false) return NOTHING;
  return difference(input, {
    spreadSeconds: (window) => spreadSeconds(asset, input.plan, window),
    isMended: (failed) => hasPowerSince(failed, reading),
    // A charger's limits end by themselves, so that a stop which ran out must be wanted anew; a car stays stopped.
    repeats: asset.kind === "charger",
    idle: "waiting for a cheaper window",
    wantedIn: (window) => {
      const action: ChargeAction = window
        ? { kind: "charge.start", currentA: currentForPower(asset.supply, window.powerKw) }
        : { kind: "charge.stop" };
      const isOwners = asset.kind === "car" && action.kind === "charge.stop" && isInVain(recent, input.now);
      return { action, holds: isOwners || alreadySo(action, reading), isSame: (open) => asksAsMuch(open, action) };
    },
  });
}

/** What a car or charger is asked: a plan never wants anything else of it. */
type ChargeAction = Extract<Action, { kind: "charge.start" | "charge.stop" }>;

function alreadySo(wanted: ChargeAction, reading: ChargeReading): boolean {
  const active = reading.state === "charging" || reading.state === "starting";
  if (wanted.kind === "charge.stop") return !active;
  if (reading.state === "complete") return true;
  return active && (reading.currentLimitA === null || isEnoughCurrent(reading.currentLimitA, wanted.currentA));
}

/** Its owner's wish is shown, and not fought all night. */
function isInVain(recent: readonly Command[], now: Instant): boolean {
  const since = plusMs(now, -IN_VAIN_MS);
  const worked = recent.filter(({ status, issuedAt }) => status === "confirmed" && issuedAt > since);
  const starts = worked.filter(({ action }) => action.kind === "charge.start").map(({ issuedAt }) => issuedAt);
  const lastStart = starts.sort().at(-1) ?? since;
  return (
    worked.filter(({ action, issuedAt }) => action.kind === "charge.stop" && issuedAt > lastStart).length >=
    STOPS_IN_VAIN
  );
}

/** A start that a pulled cable or a charger without power made vain: the device says itself when that is over. */
function hasPowerSince(
  { status, faultClass, endedAt }: Command,
  { observedAt, state, plugged }: ChargeReading,
): boolean {
  if (status !== "missed" || faultClass !== "customer-must-act" || !endedAt || observedAt <= endedAt) return false;
  return plugged === true && state !== null && state !== "no-power" && state !== "disconnected";
}
