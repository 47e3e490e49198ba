import type { Instant } from "../../shared/domain/instant.ts";
import { ago, type LocalClock, localClock } from "./local-time.ts";
import type { FoundPortfolio, HalfHour, LastPlan } from "./portfolio.ts";
import { field } from "./printable.ts";
import { proofText } from "./proof-text.ts";

const BAR = 20;

/** A portfolio's last plan for a person: how good it is, then each half-hour with a load or a limit; at most 80 columns. */
export function portfolioText(
  { portfolioId, zone, assets }: FoundPortfolio,
  plan: LastPlan | undefined,
  { target, now }: { target: string; now: Instant },
): string {
  const clock = localClock(zone, now);
  const head = [
    `${portfolioId} on ${target}`,
    ...field("now", `${clock.dayTime(now)}, ${clock.name}`),
    ...field("enrolled", assets.length === 1 ? "1 asset" : `${assets.length} assets`),
  ];
  if (!plan)
    return [...head, ...field("plan", "none yet; all are planned together when a signal or a grid event changes")].join(
      "\n",
    );
  const shown = plan.halfHours.filter(({ loadKw, limitKw }) => loadKw > 0 || limitKw !== null);
  return [
    ...head,
    ...field("planned", `${clock.dayTime(plan.madeAt)}, ${ago(plan.madeAt, now)}${partsText(plan)}`),
    ...field("finished", plan.isFinished ? "yes" : "NO: time ran out; it stands with its gap"),
    ...field("charging", plan.assets === 1 ? "1 asset" : `${plan.assets} assets`),
    ...field("plan", proofText(plan)),
    ...field(
      "short",
      plan.shortfallKwh > 0 ? `by ${plan.shortfallKwh.toFixed(1)} kWh: not to be had in time` : "of nothing",
    ),
    "",
    ...(shown.length === 0 ? ["No load is planned ahead, and nothing limits it."] : table(shown, clock)),
  ].join("\n");
}

function partsText({ parts, partsMade }: LastPlan): string {
  if (parts === 1) return "";
  return partsMade === parts ? `, in ${parts} parts` : `, ${partsMade} of ${parts} parts: the others are not made yet`;
}

function table(shown: readonly HalfHour[], clock: LocalClock): string[] {
  const most = Math.max(...shown.map(({ loadKw, limitKw }) => Math.max(loadKw, limitKw ?? 0)), Number.MIN_VALUE);
  const times = shown.map(({ startsAt }) => clock.dayTime(startsAt));
  const width = Math.max(...times.map((time) => time.length));
  return [
    `  ${"half-hour".padEnd(width)}   load kW  limit kW  worth p/kWh`,
    ...shown.map(({ loadKw, limitKw, capacityPencePerKwh }, index) =>
      [
        `  ${(times[index] ?? "").padEnd(width)}`,
        loadKw.toFixed(1).padStart(8),
        (limitKw === null ? "-" : limitKw.toFixed(1)).padStart(8),
        (capacityPencePerKwh === 0 ? "-" : capacityPencePerKwh.toFixed(2)).padStart(11),
        bar(loadKw / most, limitKw === null ? undefined : limitKw / most),
      ]
        .join("  ")
        .trimEnd(),
    ),
    "  # load  | limit; worth: what one more kWh of capacity there would save",
  ];
}

function bar(load: number, limit: number | undefined): string {
  const filled = "#".repeat(Math.round(load * BAR));
  if (limit === undefined) return filled;
  const at = Math.round(limit * BAR);
  return `${filled.slice(0, at).padEnd(at)}|${filled.slice(at)}`;
}
