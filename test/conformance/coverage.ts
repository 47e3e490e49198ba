import { Action } from "../../shared/domain/command.ts";
import { FAULT_TREATMENT, FaultClass } from "../../shared/domain/fault.ts";
import type { Fixture } from "./fixture.ts";
import { actionsOf, type Capability, type Folder } from "./folder.ts";

/** The fields of a reading, any of which shows a capability. */
const SHOWN_BY: Partial<Record<Capability, readonly string[]>> = {
  soc: ["socPercent"],
  power: ["powerKw", "gridKw", "consumptionKw"],
  energy: ["storedKwh", "sessionKwh", "producedKwh"],
  plugged: ["plugged"],
  temperature: ["hotWaterC", "indoorC", "outdoorC"],
  production: ["productionKw"],
};

/** Declared capabilities that no fixture shows by its result. */
export function uncoveredCapabilities({ manifest, fixtures }: Folder): Capability[] {
  return manifest.capabilities.filter((capability) => !fixtures.some(({ fixture }) => shows(fixture, capability)));
}

function shows({ action, expected }: Fixture, capability: Capability): boolean {
  if (Action.options.some(({ shape }) => shape.kind.value === capability)) {
    return action?.kind === capability && "taken" in expected && !expected.taken.withoutEffect;
  }
  if (capability === "wake") return "prepared" in expected && !expected.prepared.ready;
  return (
    "reading" in expected && (SHOWN_BY[capability] ?? []).some((field) => (expected.reading[field] ?? null) !== null)
  );
}

/** What can go wrong by the folder's own code, and must by the rules, and no fixture shows. */
export function uncoveredFaults({ fixtures, source }: Folder): string[] {
  const shown = new Set<string>(fixtures.flatMap(({ fixture }) => faultOf(fixture) ?? []));
  const named = FaultClass.options.filter((fault) => source.includes(`"${fault}"`) && !shown.has(fault));
  const login = shown.has("token-expired") || shown.has("credentials-revoked") ? [] : ["a refused login"];
  return [...named, ...login, ...(fixtures.some(({ fixture }) => isOutOfReach(fixture)) ? [] : ["out of reach"])];
}

/** A command that was refused for good. */
function isRefusal(fixture: Fixture): boolean {
  const fault = faultOf(fixture);
  return fixture.call === "command" && fault !== undefined && !FAULT_TREATMENT[fault].retry;
}

function isOutOfReach(fixture: Fixture): boolean {
  return faultOf(fixture) === "device-offline" || "online" in fixture.expected;
}

function faultOf({ expected }: Fixture): FaultClass | undefined {
  return "fault" in expected ? expected.fault : undefined;
}

/** What is missing for a rule to be `done`, by rule; undefined when nothing is. */
export const EVIDENCE: Record<string, (folder: Folder) => string | undefined> = {
  owner: ({ manifest }) => unless(!/todo|replace/i.test(manifest.owner), "a real owner in the manifest"),
  "justified-polling": ({ manifest, manifestText }) =>
    unless((manifest.rateLimits ?? []).length > 0, "rateLimits in the manifest") ??
    unless(/^\s*\/\/(?!\s*TODO)/m.test(manifestText), "a comment in manifest.ts that justifies the cadence"),
  "reading-fixtures": (folder) => {
    const reads = uncoveredCapabilities(folder).filter((capability) => capability in SHOWN_BY);
    return unless(reads.length === 0, `fixtures that show ${reads.join(", ")}`);
  },
  "errors-mapped": (folder) =>
    unless(uncoveredFaults(folder).length === 0, `fixtures of ${uncoveredFaults(folder).join(", ")}`),
  "limitations-written": ({ readme }) =>
    unless(/^- (?!TODO)/m.test(section(readme, "Known limitations")), "a list under Known limitations in README.md"),
  "refusals-covered": ({ fixtures }) =>
    unless(
      fixtures.some(({ fixture }) => isRefusal(fixture)),
      "a fixture of a refused command",
    ),
  "asleep-covered": ({ fixtures }) =>
    unless(
      fixtures.some(({ fixture }) => fixture.call !== "look" && isOutOfReach(fixture)),
      "a fixture of a command (or prepare) to a device out of reach",
    ),
  "rate-limits-covered": ({ fixtures }) =>
    unless(
      fixtures.some(({ fixture }) => faultOf(fixture) === "rate-limited"),
      "a rate-limited fixture",
    ),
  // The suite itself plays both against the simulation for every folder that can act.
  "expiry-honoured": ({ manifest }) => unless(actionsOf(manifest).length > 0, "an action in the manifest"),
  "verification-window": ({ manifest }) =>
    unless(
      actionsOf(manifest).length > 0 && actionsOf(manifest).every((action) => manifest.confirmWithinMs[action]),
      "confirmWithinMs for each action",
    ),
  reauthentication: ({ readme, fixtures }) =>
    unless(
      section(readme, "Credentials").trim() !== "" && !/TODO/.test(section(readme, "Credentials")),
      "Credentials in README.md",
    ) ??
    unless(
      fixtures.some(({ fixture }) => faultOf(fixture) === "credentials-revoked"),
      "a credentials-revoked fixture",
    ),
  "runbook-exercised": ({ readme }) =>
    unless(/Runbook exercised: \d{4}-\d{2}-\d{2}/.test(readme), "`Runbook exercised: YYYY-MM-DD` in README.md"),
  "verified-on-hardware": ({ readme, quality }) =>
    unless(
      quality.verifiedOn !== null && readme.includes(`Last verified on real hardware: ${quality.verifiedOn}`),
      "verifiedOn in quality.ts and the same date in README.md",
    ),
};

function unless(holds: boolean, lacking: string): string | undefined {
  return holds ? undefined : lacking;
}

function section(markdown: string, title: string): string {
  return (
    markdown
      .split(/^## /m)
      .find((part) => part.startsWith(`${title}\n`))
      ?.slice(title.length) ?? ""
  );
}
