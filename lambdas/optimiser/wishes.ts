import { type Car, type Charger, currentForPower, type HeatPump } from "../../shared/domain/asset.ts";
import type { Action, Command } from "../../shared/domain/command.ts";
import type { Window } from "../../shared/domain/plan.ts";
import type { ChargeReading, HeatReading } from "../../shared/domain/reading.ts";

/** How a kind of asset is asked for what its plan wants, and when it needs no asking. */
export type Wishes = {
  /** What to ask for in this window, or outside all; undefined: leave it as it is. */
  wanted(window: Window | undefined): Action | undefined;
  /** It does so already, or nothing would come of asking. */
  isSo(wanted: Action): boolean;
  /** A command on its way will bring it about. */
  covers(open: Action, wanted: Action): boolean;
};

/**
 * Too little current leaves energy for a dearer slot, so every ampere up is asked for; too much by less than this is not
 * worth a command.
 */
const CURRENT_STEP_DOWN_A = 2;
/** A tank this near its end is as good as boosted, K. */
const NEARLY_FULL_C = 2;

/** Of a car or charger: a plan never wants anything of it but charging at a current, or not charging. */
export function chargeWishes(asset: Car | Charger, reading: ChargeReading): Wishes {
  return {
    wanted: (window) => {
      if (reading.plugged === false) return undefined;
      if (!window) return { kind: "charge.stop" };
      return { kind: "charge.start", currentA: currentForPower(asset.supply, window.powerKw) };
    },
    isSo: (wanted) => {
      const active = reading.state === "charging" || reading.state === "starting";
      if (wanted.kind !== "charge.start") return !active;
      if (reading.state === "complete") return true;
      return active && (reading.currentLimitA === null || enough(reading.currentLimitA, wanted.currentA));
    },
    covers: (open, wanted) => {
      if (open.kind !== "charge.start" || wanted.kind !== "charge.start") return open.kind === wanted.kind;
      return enough(open.currentA, wanted.currentA);
    },
  };
}

function enough(currentA: number, wantedA: number): boolean {
  return currentA >= wantedA && currentA - wantedA < CURRENT_STEP_DOWN_A;
}

/**
 * Of a heat pump: its owner's own mode is left alone, and given back when it was ours that changed it. `recent` holds its
 * newest commands in any order.
 */
export function heatWishes(asset: HeatPump, reading: HeatReading, recent: readonly Command[]): Wishes {
  const ours = modeOfOurs(recent);
  return {
    wanted: (window) => {
      if (!window?.heatMode) return ours === undefined || ours === "normal" ? undefined : mode("normal");
      // Reduced or boosted, and not by us: that is its owner's wish.
      const isOwners = reading.mode !== null && reading.mode !== "normal" && reading.mode !== ours;
      return isOwners ? undefined : mode(window.heatMode);
    },
    isSo: (wanted) => {
      if (wanted.kind !== "heat.mode") return false;
      const isHot = reading.hotWaterC !== null && reading.hotWaterC >= asset.preferences.hotWaterMaxC - NEARLY_FULL_C;
      return reading.mode === wanted.mode || (wanted.mode === "boost" && isHot);
    },
    covers: (open, wanted) => open.kind === "heat.mode" && wanted.kind === "heat.mode" && open.mode === wanted.mode,
  };
}

const mode = (wanted: "normal" | "boost" | "reduced"): Action => ({ kind: "heat.mode", mode: wanted });

/** The mode that our newest command which may have worked asked for. */
function modeOfOurs(recent: readonly Command[]) {
  const tried = recent.filter(({ status }) => status !== "withdrawn" && status !== "expired" && status !== "rejected");
  const newest = tried.reduce<Command | undefined>((a, b) => (a && a.issuedAt >= b.issuedAt ? a : b), undefined);
  return newest?.action.kind === "heat.mode" ? newest.action.mode : undefined;
}
