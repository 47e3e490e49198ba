import type { ChargeState } from "../../../shared/domain/reading.ts";

/** Tesla's words for what a car does. A word that is not here is unknown, never a default. */
const STATES: Record<string, ChargeState | null> = {
  Disconnected: "disconnected",
  Stopped: "stopped",
  Starting: "starting",
  Charging: "charging",
  Complete: "complete",
  NoPower: "no-power",
  // Seen while the car measures its pack: says nothing about drawing.
  Calibrating: null,
  // Tesla's own word for a value it does not have.
  "<invalid>": null,
};

/** Whether a car is in reach, by Tesla's words. `waking` is old, but still sent by compatible services. */
const ONLINE: Record<string, boolean> = { online: true, asleep: false, offline: false, waking: false };

/** Tesla's word as ours: null says nothing about the car, undefined is a word that is not Tesla's. */
export function chargeState(word: string): ChargeState | null | undefined {
  return Object.hasOwn(STATES, word) ? STATES[word] : undefined;
}

/** Whether the cable is in, by Tesla's word and ours. A car that measures its pack is plugged in; null says nothing. */
export function pluggedIn(word: string | null, state: ChargeState | null): boolean | null {
  if (state === null) return word === "Calibrating" ? true : null;
  return state !== "disconnected";
}

/** Undefined is no word, or one that is not Tesla's. */
export function isOnline(word: unknown): boolean | undefined {
  return typeof word === "string" && Object.hasOwn(ONLINE, word) ? ONLINE[word] : undefined;
}

/** A yes or no, or one written as text. */
export function flag(raw: unknown): boolean | undefined {
  const text = String(raw).toLowerCase();
  return text === "true" || text === "false" ? text === "true" : undefined;
}
