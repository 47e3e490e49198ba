import type { Asset } from "../../shared/domain/asset.ts";
import { FAULT_TREATMENT } from "../../shared/domain/fault.ts";
import type { Instant } from "../../shared/domain/instant.ts";
import { type Outage, outageUnderWay } from "../../shared/domain/outage.ts";
import { groupBy } from "../../shared/group-by.ts";
import { ago, type LocalClock, localClock } from "./local-time.ts";
import { field, wrapped } from "./printable.ts";
import { type Answer, type CauseName, type Evidence, type LedgerRun, unfinished } from "./why-late.ts";

/** Numbers of the decision list, so that two people mean the same. */
const NUMBER: Record<CauseName, number> = {
  "not-scheduled": 1,
  "no-run": 1,
  "no-result": 2,
  "not-attempted": 2,
  failed: 3,
  "old-at-vendor": 4,
  elsewhere: 5,
  quarantined: 5,
  fresh: 6,
  unknown: 7,
};
const WORDS: Record<CauseName, string> = {
  "not-scheduled": "it is on no wheel, so no run has its turn",
  "no-run": "no run took its turn: the scheduler",
  "no-result": "it was sent out and nothing came back: the function or its queue",
  "not-attempted": "it was sent out, and time or budget ran out before it",
  failed: "the attempt failed",
  "old-at-vendor": "the vendor answers, and its own data is old",
  elsewhere: "newer data landed under another stream",
  quarantined: "what it sent is dated ahead of our clock and was refused",
  fresh: "its state is fresh",
  unknown: "nothing on the list fits",
};
const NEXT: Record<Exclude<CauseName, "failed">, string> = {
  "not-scheduled": "Enrol it again, which puts it on its wheel: npm run ops -- enrol FILE",
  "no-run": "See that the scheduler runs each minute: docs/runbooks/scheduler.md",
  "no-result":
    "Read INVOCATION_FAILED in the integration's log group; the batch is sent again by itself: docs/runbooks/integration.md",
  "not-attempted":
    "POLL_NOT_ATTEMPTED in its log group says what ran out; the manifest has its batch size and budgets.",
  "old-at-vendor": "Look whether the vendor's own app shows newer data; if not, its device has lost its cloud.",
  elsewhere: "Correct the stream that its integration records: this is our bug.",
  quarantined: "Have the device's clock set: its owner or its vendor does that; readings are taken again at once.",
  fresh: "None. An alarm that says otherwise is wrong: compare its metric with this page.",
  unknown: "Keep this page with a ticket, and read the asset's POLL_ lines in its integration's log group.",
};

/** What it comes to, in the three words that people on call use. */
export function verdictOf({ cause, faultClass }: Pick<Answer, "cause" | "faultClass">): string {
  switch (cause) {
    case "fresh":
      return "nothing is late";
    case "elsewhere":
    case "quarantined":
      return "it is there, but the check does not see it";
    case "old-at-vendor":
      return "no upstream data";
    case "failed":
      if (faultClass === undefined || faultClass === "unexplained") return "not known why";
      return FAULT_TREATMENT[faultClass].actor === "operator" ? "we lost it" : "no upstream data";
    case "unknown":
      return "not known why";
    default:
      return "we lost it";
  }
}

function causeText({ cause, faultClass }: Pick<Answer, "cause" | "faultClass">): string {
  return `${NUMBER[cause]} ${WORDS[cause]}${cause === "failed" && faultClass ? `: ${faultClass}` : ""}`;
}

function nextStepOf({ cause, faultClass }: Pick<Answer, "cause" | "faultClass">): string {
  if (cause !== "failed") return NEXT[cause];
  if (faultClass === undefined) return NEXT.unknown;
  const { nextStep, actor } = FAULT_TREATMENT[faultClass];
  return `${nextStep} (${actor})`;
}

/** Why one asset is late, with its proof: at most 80 columns, no colour, the same in a pipe. */
export function whyLateText(asset: Asset, evidence: Evidence, answer: Answer, targetName: string): string {
  const clock = localClock(asset.site.timeZone, evidence.now);
  return [
    ...wrapped("", `${asset.assetId} on ${targetName}: ${verdictOf(answer)}`),
    ...field("now", `${clock.dayTime(evidence.now)}, ${clock.name}`),
    ...field("cause", causeText(answer)),
    ...proof(evidence, answer, clock).flatMap((line, index) => field(index === 0 ? "proof" : "", line)),
    ...field("next step", nextStepOf(answer)),
  ].join("\n");
}

/** Times, ledger rows and the last reading: each a line. */
function proof(
  { now, reach, reading, outage, place, ...evidence }: Evidence,
  answer: Answer,
  clock: LocalClock,
): string[] {
  const { faultClass, dueAt, run, elsewhere, state } = answer;
  const down = outageUnderWay(outage);
  return [
    reach
      ? `last looked at ${clock.dayTime(reach.lastFetchedAt)}, ${ago(reach.lastFetchedAt, now)}${failed(reach.failures)}`
      : "never looked at",
    ...(state === "asleep" ? ["the vendor says that it sleeps or is offline; its last data stands"] : []),
    ...(state === "retried" ? [`a look failed (${faultClass}) and is made again`] : []),
    ...(reading
      ? [`last reading of ${clock.dayTime(reading.observedAt)}, ${ago(reading.observedAt, now)}`]
      : ["no reading is stored"]),
    ...(reach?.quarantined ? [`refused: a reading dated ${reach.quarantined}`] : []),
    ...(down
      ? [
          `${down.integration} has been down since ${clock.dayTime(down.since)} (${down.faultClass}), ` +
            `${down.assetsAffected} assets`,
        ]
      : []),
    ...(elsewhere ? [`a newer row of it stands under the stream ${elsewhere}`] : []),
    place
      ? `its turn is each ${place.periodMinutes} minutes${dueAt ? `; one was due ${clock.dayTime(dueAt)}` : ""}`
      : "it has no place on the wheel",
    ...(run ? [runText(run, clock)] : dueAt || answer.cause === "no-run" ? [noRun(evidence, now, clock)] : []),
  ];
}

function failed(failures: number): string {
  return failures === 0 ? "" : failures === 1 ? "; that attempt failed" : `; ${failures} attempts in a row failed`;
}

function runText(run: LedgerRun, clock: LocalClock): string {
  const late = unfinished(run);
  const faults = run.results.flatMap(({ faults: counted = {} }) => Object.entries(counted));
  const sum = (of: (batch: LedgerRun["results"][number]) => number | undefined) =>
    run.results.reduce((total, batch) => total + (of(batch) ?? 0), 0);
  return [
    `run ${run.part} of ${clock.dayTime(run.minute)}: ${run.expected} sent in ${run.batches}`,
    ...(run.held > 0 ? [`${run.held} held back`] : []),
    ...(late > 0 ? [`${late} without a result (${run.results.length} begun, attempt ${run.attempt})`] : []),
    `${sum(({ ok }) => ok)} ok`,
    ...(sum(({ notAttempted }) => notAttempted) > 0
      ? [`${sum(({ notAttempted }) => notAttempted)} not attempted`]
      : []),
    ...faults.map(([name, count]) => `${count} ${name}`),
  ].join(", ");
}

function noRun({ runs }: Pick<Evidence, "runs">, now: Instant, clock: LocalClock): string {
  const newest = runs
    .map(({ claimedAt }) => claimedAt)
    .sort()
    .at(-1);
  return newest
    ? `no run of it in the ledger; the integration's newest is of ${clock.dayTime(newest)}, ${ago(newest, now)}`
    : "no run of its integration in the ledger at all";
}

const EXAMPLES = 3;

/** How many of an integration's assets are late and why, the most frequent cause first. */
export function whyLateSummary(
  integration: string,
  answers: readonly (Answer & { assetId: string })[],
  { now, outage, targetName }: { now: Instant; outage: Outage | undefined; targetName: string },
): string {
  const clock = localClock("UTC", now);
  const late = answers.filter(({ isLate }) => isLate);
  const down = outageUnderWay(outage);
  const causes = [...groupBy(late, (answer) => `${answer.cause} ${answer.faultClass ?? ""}`).values()];
  return [
    ...wrapped("", `${integration} on ${targetName}: ${late.length} of ${answers.length} assets are late`),
    ...field("now", `${clock.dayTime(now)}, ${clock.name}`),
    ...(down
      ? field(
          "outage",
          `${down.faultClass} since ${clock.dayTime(down.since)}, ${down.assetsAffected} assets, ` +
            `${down.energyAtRiskKwh} kWh planned in the next hours when it was noticed`,
        )
      : []),
    ...causes
      .toSorted((a, b) => b.length - a.length)
      .flatMap((same) => {
        const [first] = same;
        if (!first) return [];
        const ids = same.map(({ assetId }) => assetId).sort();
        const others = ids.length > EXAMPLES ? ` and ${ids.length - EXAMPLES} more` : "";
        return [
          "",
          ...wrapped("", `${same.length} x ${verdictOf(first)}`),
          ...field("cause", causeText(first)),
          ...field("assets", ids.slice(0, EXAMPLES).join(", ") + others),
          ...field("next step", nextStepOf(first)),
        ];
      }),
  ].join("\n");
}
