import type { HeatPump } from "../../shared/domain/asset.ts";
import { type Command, isEnded, lastIssued } from "../../shared/domain/command.ts";
import { HOUR_MS, type Instant, plusMs } from "../../shared/domain/instant.ts";
import type { Window } from "../../shared/domain/plan.ts";
import type { HeatMode, HeatReading } from "../../shared/domain/reading.ts";
import { type Difference, difference, type Given } from "./difference.ts";
import { HEADROOM_K, MARGIN_K, ROOM_MARGIN_K } from "./heat.ts";
import { spreadSeconds } from "./spread.ts";

/** Of six changes of mode in a day the last is the way back to normal. */
const CHANGES_A_DAY = 6;
const DAY_MS = 24 * HOUR_MS;

/**
 * What to do about one heat pump now. A mode that we did not set is its owner's: it is neither ended nor replaced. The way
 * back to normal is always open; away from it only within the day's changes and while the tank allows it.
 */
export function heatDifference(input: Given & { asset: HeatPump; reading: HeatReading }): Difference {
  const { reading, recent, now } = input;
  const ours = lastAsked(recent);
  const ownersMode = reading.mode !== null && reading.mode !== "normal" && reading.mode !== ours;
  return difference(input, {
    spreadSeconds: (window) => spreadSeconds(input.asset, input.plan, window),
    repeats: true,
    idle: "the owner's normal again",
    wantedIn: (window) => {
      const mode = wantedMode(window, input);
      const isOpen = recent.some((command) => !isEnded(command.status));
      if (ownersMode && !isOpen) return undefined;
      if (mode === "normal") {
        // Nothing to give back if nothing was taken.
        if (!isOpen && reading.mode === null && (ours === undefined || ours === "normal")) return undefined;
      } else if (mode === "boost" && isBoosted(recent, now)) {
        return undefined;
      } else if (changesIn(recent, plusMs(now, -DAY_MS)) >= CHANGES_A_DAY - 1) return undefined;
      return {
        action: {
          kind: "heat.mode",
          mode,
          ...(mode === "boost" && { fullAtC: input.asset.preferences.hotWaterMaxC - HEADROOM_K }),
        },
        holds: reading.mode === mode,
        isSame: (open) => open.kind === "heat.mode" && open.mode === mode,
      };
    },
  });
}

function wantedMode(
  window: Window | undefined,
  { asset, reading }: { asset: HeatPump; reading: HeatReading },
): HeatMode {
  const mode = window?.heatMode ?? "normal";
  const { hotWaterMinC, hotWaterMaxC, indoorMinC } = asset.preferences;
  const { hotWaterC: waterC, indoorC } = reading;
  if (mode === "reduced" && (waterC === null || waterC < hotWaterMinC + MARGIN_K)) return "normal";
  if (mode === "reduced" && indoorMinC !== undefined && (indoorC === null || indoorC < indoorMinC + ROOM_MARGIN_K))
    return "normal";
  // One that runs ends by itself; one that does not run yet would be over before it is seen.
  if (mode === "boost" && reading.mode !== "boost" && (waterC === null || waterC > hotWaterMaxC - HEADROOM_K))
    return "normal";
  return mode;
}

/**
 * One boost a day: it moves less than a rest does, and a second one would find its tank full, whatever a tap took since, or a
 * device that did not heat in the first.
 */
function isBoosted(recent: readonly Command[], now: Instant): boolean {
  return recent.some(
    ({ action, status, issuedAt }) =>
      action.kind === "heat.mode" &&
      action.mode === "boost" &&
      status === "confirmed" &&
      issuedAt >= plusMs(now, -DAY_MS),
  );
}

/** The mode that we asked for last, as far as the pump may have heard it. */
function lastAsked(recent: readonly Command[]): HeatMode | undefined {
  const heard = recent.filter(
    ({ status, attempts }) => status !== "rejected" && status !== "expired" && (status !== "withdrawn" || attempts > 0),
  );
  const newest = lastIssued(heard);
  return newest?.action.kind === "heat.mode" ? newest.action.mode : undefined;
}

function changesIn(recent: readonly Command[], since: Instant): number {
  return recent.filter(({ issuedAt, attempts }) => attempts > 0 && issuedAt >= since).length;
}
