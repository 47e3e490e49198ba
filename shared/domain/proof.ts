import type { Action } from "./command.ts";
import type { HeatReading, Reading } from "./reading.ts";

// A car that tapers or hovers at its limit still draws this much; less is noise of the meter.
const DRAWING_KW = 0.3;

/**
 * Too little current leaves energy for a dearer slot, or undone, so every ampere up counts; too much by less than this is
 * not worth a command.
 */
const CURRENT_STEP_DOWN_A = 2;

/**
 * Does a reading, by itself, show the wanted state? A start also counts as reached when the battery is full, and a boost
 * when the tank is: the energy is in. Unknown power or state proves nothing; a current other than the wanted one shows that
 * what flows is not this command's doing.
 */
export function proves(action: Action, reading: Reading): boolean {
  if (!isDone(action, reading)) return false;
  if (action.kind !== "charge.start" || reading.stream !== "charge" || reading.state === "complete") return true;
  return reading.currentLimitA === null || isEnoughCurrent(reading.currentLimitA, action.currentA);
}

/** The wanted amperes, or a few more. */
export function isEnoughCurrent(currentA: number, wantedA: number): boolean {
  return currentA >= wantedA && currentA - wantedA < CURRENT_STEP_DOWN_A;
}

/** The same at whatever current: what stood in the way of charging is gone when power flows. */
export function isDone(action: Action, reading: Reading): boolean {
  switch (action.kind) {
    case "charge.start":
      return (
        reading.stream === "charge" &&
        ((reading.state === "charging" && isDrawing(reading.powerKw) === true) || reading.state === "complete")
      );
    case "charge.stop":
      return (
        reading.stream === "charge" &&
        isDrawing(reading.powerKw) === false &&
        (reading.state === "stopped" ||
          reading.state === "complete" ||
          reading.state === "disconnected" ||
          reading.state === "no-power")
      );
    case "heat.mode":
      return reading.stream === "heat" && (reading.mode === action.mode || isFull(action, reading));
  }
}

/** A boost that is over before it was seen has left a full tank behind. */
function isFull(action: Extract<Action, { kind: "heat.mode" }>, { mode, hotWaterC }: HeatReading): boolean {
  const { fullAtC } = action;
  return mode !== "reduced" && fullAtC !== undefined && hotWaterC !== null && hotWaterC >= fullAtC;
}

function isDrawing(powerKw: number | null): boolean | undefined {
  return powerKw === null ? undefined : powerKw >= DRAWING_KW;
}
