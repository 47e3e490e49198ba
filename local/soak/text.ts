import type { SoakVerdict } from "./verdict.ts";

/** A verdict for a person, 80 columns wide but for what a reason quotes. */
export function soakText(verdict: SoakVerdict, stage: string): string {
  const { passed, startedAt, endedAt, assets, alarms, reasons } = verdict;
  const width = Math.max(...assets.map(({ assetId }) => assetId.length), "asset".length);
  const before = alarms.filter(({ isOurs }) => !isOurs);
  return [
    `Soak of stage ${stage}, ${startedAt} to ${endedAt}: ${passed ? "passed" : "FAILED"}`,
    "",
    `${"asset".padEnd(width)}${"calls".padStart(6)}  ${"oldest".padStart(7)}  commands`,
    ...assets.map(
      ({ assetId, vendorCalls, oldestMinutes, commands }) =>
        `${assetId.padEnd(width)}${String(vendorCalls).padStart(6)}  ${oldestMinutes === null ? "  never" : `${oldestMinutes.toFixed(1)} min`.padStart(7)}  ${
          Object.entries(commands)
            .map(([status, count]) => `${count} ${status}`)
            .join(", ") || "none"
        }`,
    ),
    "",
    alarms.length === before.length ? "No alarm rang." : "",
    ...before.map(({ name, since }) => `Rang before the soak began, since ${since}: ${name}`),
    ...reasons.map((reason) => `- ${reason}`),
  ]
    .filter((line, index, all) => line !== "" || all[index - 1] !== "")
    .join("\n")
    .concat("\n");
}
