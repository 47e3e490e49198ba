import type { Action } from "./command.ts";
import type { Reading } from "./reading.ts";

// A car that tapers or hovers at its limit still draws this much; less is noise of the meter.
const DRAWING_KW = 0.3;

/**
 * Does a reading, by itself, show the wanted state? A start also counts as reached when the battery is full: the energy
 * is in. Unknown power or state proves nothing.
 */
export function proves(action: Action, reading: Reading): boolean {
  const drawing = reading.powerKw !== null && reading.powerKw >= DRAWING_KW;
  switch (action.kind) {
    case "charge.start":
      return (reading.state === "charging" && drawing) || reading.state === "complete";
    case "charge.stop":
      return (
        reading.powerKw !== null &&
        !drawing &&
        (reading.state === "stopped" ||
          reading.state === "complete" ||
          reading.state === "disconnected" ||
          reading.state === "no-power")
      );
  }
}
