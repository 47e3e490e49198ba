import { join } from "node:path";
import { ringings } from "../cloudwatch/ringing.ts";
import type { NightInputs } from "../night/inputs.ts";
import { count } from "../night/lines.ts";
import { checkOutput, writeOutput } from "../output-file.ts";
import type { Platform } from "../platform.ts";
import { parseBody } from "./body.ts";

/** Makes dev watched as prod is, which has the dashboards: an environment for synthesis. */
export const WATCHED = { HEADROOM_DEV_WATCH: "all" };

/** Throws BadInput when no picture can be written into the folder. */
export function checkPictures(folder: string): void {
  checkOutput("--dashboards", join(folder, "machine.svg"));
}

/** Draws every dashboard of the stage over the night, as `<end of its name>.svg` in the folder. */
export async function writePictures(folder: string, platform: Platform, inputs: NightInputs): Promise<void> {
  // Here, so that a night without pictures does not load the drawing library.
  const { picture } = await import("./picture.ts");
  const { startsAtMs: fromMs, endsAtMs: toMs, zone } = inputs.night;
  const seen = {
    store: platform.metrics,
    ringings: ringings(platform.alarms.transitions, platform.alarms.notifications),
    span: { fromMs, toMs, zone },
    note: noteOf(inputs),
  };
  for (const { name, body } of platform.dashboards())
    writeOutput(join(folder, `${name.split("-").at(-1)}.svg`), picture(parseBody(body), seen));
}

function noteOf({ night, cars, chargers, heatPumps, solarSites, faults }: NightInputs): string {
  const fleet = [
    count(cars.length, "car"),
    count(chargers.length, "charger"),
    count(heatPumps.length, "heat pump"),
    count(solarSites.length, "solar site"),
  ];
  return `A simulated night, ${night.date}, noon to noon, ${night.zone}: ${fleet.join(", ")}; faults: ${faults}.`;
}
