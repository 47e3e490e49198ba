import { epochMs, HOUR_MS, type Instant } from "../../shared/domain/instant.ts";
import { round } from "../../shared/domain/units.ts";
import type { Planned, StandingLimit, WrittenLimit } from "./grid-events.ts";
import type { Span } from "./half-hours.ts";
import { type LocalClock, localClock } from "./local-time.ts";
import type { FoundPortfolio } from "./portfolio.ts";
import { wrapped } from "./printable.ts";

/** How far ahead plans look. */
const PLANNED_AHEAD_MS = 48 * HOUR_MS;
const COMMAND = "npm run ops -- event";

/** What was set, what becomes of it, and how to take it back. */
export function setText(
  portfolio: FoundPortfolio,
  rows: readonly WrittenLimit[],
  { target, now }: { target: string; now: Instant },
): string {
  const clock = localClock(portfolio.zone, now);
  const [first, last] = [rows[0], rows.at(-1)];
  const { portfolioId } = portfolio;
  return [
    heading(portfolioId, target, clock),
    ...rows.flatMap((row) => {
      const replaced = row.replacedKw === null ? "" : `, in place of ${kilowatts(row.replacedKw)}`;
      return wrapped(`  ${spanText(row, clock)}  `, `at most ${kilowatts(row.kw).padStart(8)}  ${row.part}${replaced}`);
    }),
    ...soon(portfolio, first?.from ?? now, now),
    ...heatPumpLines(portfolio),
    ...(first && last
      ? [
          "To take it back:",
          `  ${COMMAND} withdraw --portfolio ${portfolioId} \\`,
          `    --from ${short(first.from)} --to ${short(last.to)}`,
        ]
      : []),
  ].join("\n");
}

export function withdrawText(
  portfolio: FoundPortfolio,
  rows: readonly (Span & { kw: number })[],
  { target, now, span }: { target: string; now: Instant; span: Span },
): string {
  const clock = localClock(portfolio.zone, now);
  return [
    heading(portfolio.portfolioId, target, clock),
    ...rows.map((row) => `  ${spanText(row, clock)}  withdrawn: at most ${kilowatts(row.kw)}`),
    ...(rows.length === 0 ? ["  No limit stood there; now it is written that there is none."] : []),
    ...soon(portfolio, span.from, now),
  ].join("\n");
}

export function listText(
  { portfolioId, zone }: FoundPortfolio,
  rows: readonly StandingLimit[],
  { target, now }: { target: string; now: Instant },
): string {
  if (rows.length === 0) return `${portfolioId} on ${target}: no limit lies ahead.`;
  const clock = localClock(zone, now);
  return [
    heading(portfolioId, target, clock),
    ...rows.flatMap((row) =>
      wrapped(`  ${spanText(row, clock)}  `, `at most ${kilowatts(row.kw).padStart(8)}  ${plannedText(row.planned)}`),
    ),
  ].join("\n");
}

function heading(portfolioId: string, target: string, clock: LocalClock): string {
  return `${portfolioId} on ${target}, times of ${clock.name}`;
}

function plannedText(planned: Planned): string {
  if (typeof planned === "string") return planned;
  return `planned: up to ${planned.mostKw.toFixed(1)} kW${planned.isOver ? ", OVER it" : ""}`;
}

function soon({ assets }: FoundPortfolio, from: Instant, now: Instant): string[] {
  const who = assets.length === 1 ? "Its 1 asset is" : `Its ${assets.length} assets are`;
  const isFar = epochMs(from) - epochMs(now) > PLANNED_AHEAD_MS;
  const later = isFar ? " Plans look 48 h ahead: they heed it once it comes within." : "";
  return wrapped("", `${who} planned anew within two minutes.${later}`);
}

function heatPumpLines({ assets }: FoundPortfolio): string[] {
  const pumps = assets.flatMap((asset) => (asset.kind === "heat-pump" ? [asset] : []));
  if (pumps.length === 0) return [];
  const kw = kilowatts(pumps.reduce((sum, { ratedPowerKw }) => sum + ratedPowerKw, 0));
  const whose = pumps.length === 1 ? "its heat pump" : `its ${pumps.length} heat pumps`;
  return wrapped("", `Kept free for ${whose}, which nobody can hold off: ${kw} of each limit.`);
}

function spanText(span: Span, clock: LocalClock): string {
  const isLong = epochMs(span.to) - epochMs(span.from) >= 24 * HOUR_MS;
  return `${clock.dayTime(span.from)}-${isLong ? clock.dayTime(span.to) : clock.time(span.to)}`;
}

function kilowatts(kw: number): string {
  return `${Number.isInteger(round(10 * kw, 6)) ? kw.toFixed(1) : String(round(kw, 3))} kW`;
}

function short(at: Instant): string {
  return at.replace(":00.000Z", "Z");
}
