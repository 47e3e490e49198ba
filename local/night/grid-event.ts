import { regionIn } from "../../lambdas/optimiser/deps.ts";
import { epochMs, instant } from "../../shared/domain/instant.ts";
import { portfolioIdOf } from "../../shared/domain/portfolio.ts";
import { round } from "../../shared/domain/units.ts";
import type { PowerInterval } from "../../shared/integration/simulation.ts";
import { localToInstant } from "../../shared/zone.ts";
import { BadInput } from "../feeds/bad-input.ts";
import type { Connection } from "../ops/connection.ts";
import { setEvent } from "../ops/grid-events.ts";
import { HALF_HOUR_MS, halfHoursAhead } from "../ops/half-hours.ts";
import { assetsOf, type Fleet, loadsOf } from "./fleet.ts";
import { wrap } from "./lines.ts";
import type { Night } from "./night.ts";
import type { Outcome } from "./outcome.ts";

/** What all devices of the night may draw together on average in each half-hour of [fromMs, toMs). */
export type NightEvent = { fromMs: number; toMs: number; kw: number };

/** Means of a half-hour, from the simulators' meters. */
type HalfHourReport = {
  startsAt: string;
  meteredKw: number;
  /** Of that, what cars drew before their first plan: from plugging in until they are read, they charge by themselves. */
  unplannedKw: number;
  /** Above the limit without those, as far as we charged it; a heat pump on its own thermostat is nobody's to hold off. */
  overKw: number;
};
export type GridEventReport = { limitKw: number; halfHours: HalfHourReport[] };

/** Below this it is rounding. */
const TINY_KW = 0.05;

/** `02:00-04:00=5`, by clocks at the homes of the night. Throws BadInput. */
export function nightEventOf(text: string, night: Night): NightEvent {
  const [, from, to, kw] = /^(\d{2}:[03]0)-(\d{2}:[03]0)=(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  const usage = `--event wants half-hours of the night and kW, such as 02:00-04:00=5, not "${text}"`;
  if (from === undefined || to === undefined || kw === undefined || [from, to].some((time) => time > "23:59"))
    throw new BadInput(usage);
  const tomorrow = new Date(Date.parse(night.date) + 86_400_000).toISOString().slice(0, 10);
  const atMs = (time: string) => epochMs(localToInstant(time < "12:00" ? tomorrow : night.date, time, night.zone));
  const event = { fromMs: atMs(from), toMs: to === "12:00" ? night.endsAtMs : atMs(to), kw: Number(kw) };
  if (event.toMs <= event.fromMs) throw new BadInput(`${usage}: it ends before it begins, noon to noon`);
  return event;
}

/** Sets the event for each portfolio of the night's devices, as the ops command does. */
export async function setNightEvent({ fromMs, toMs, kw }: NightEvent, fleet: Fleet, to: Connection): Promise<void> {
  const idOf = (asset: Parameters<typeof regionIn>[0]) =>
    portfolioIdOf(asset.fleetId, regionIn(asset, { region: to.siteRegion }));
  for (const portfolioId of new Set(assetsOf(fleet).map(idOf)))
    await setEvent(portfolioId, { from: instant(fromMs), to: instant(toMs), kw }, to);
}

/** What was metered in each half-hour of the event. */
export function gridEventReport(
  { fromMs, toMs, kw: limitKw }: NightEvent,
  fleet: Fleet,
  { intervals, events }: Pick<Outcome, "intervals" | "events">,
): GridEventReport {
  const loads = loadsOf(fleet).map(({ assetId, kind }) => {
    const plans = events.filter((event) => event.name === "PlanUpdated" && event.assetId === assetId);
    const isHeat = kind === "heat-pump";
    const plannedAtMs = isHeat ? Number.NEGATIVE_INFINITY : Math.min(...plans.map(({ atMs }) => atMs));
    return { isHeat, drawn: intervals(assetId), plannedAtMs };
  });
  const halfHours = halfHoursAhead({ from: instant(fromMs), to: instant(toMs) }, instant(fromMs)).map(({ from }) => {
    const startMs = epochMs(from);
    const endMs = startMs + HALF_HOUR_MS;
    const sum = (of: (load: (typeof loads)[number]) => number) => loads.reduce((kw, load) => kw + of(load), 0);
    const metered = sum(({ drawn }) => meanKw(drawn, startMs, endMs));
    const heat = sum(({ isHeat, drawn }) => (isHeat ? meanKw(drawn, startMs, endMs) : 0));
    const unplanned = sum(({ drawn, plannedAtMs }) => meanKw(drawn, startMs, endMs, plannedAtMs));
    const over = Math.min(metered - unplanned - limitKw, metered - unplanned - heat);
    return {
      startsAt: from,
      meteredKw: round(metered, 3),
      unplannedKw: round(unplanned, 3),
      overKw: over > TINY_KW ? round(over, 3) : 0,
    };
  });
  return { limitKw, halfHours };
}

/** Mean over [fromMs, toMs) of what was drawn in it before `untilMs`. */
function meanKw(drawn: readonly PowerInterval[], fromMs: number, toMs: number, untilMs = toMs): number {
  return drawn.reduce((kw, { startsAtMs, endsAtMs, powerKw }) => {
    const lastsMs = Math.min(endsAtMs, toMs, untilMs) - Math.max(startsAtMs, fromMs);
    return kw + (Math.max(0, lastsMs) * powerKw) / (toMs - fromMs);
  }, 0);
}

/** The event for a person: a line a half-hour. */
export function gridEventLines({ limitKw, halfHours }: GridEventReport, zone: string): string[] {
  const clock = new Intl.DateTimeFormat("en-GB", { timeZone: zone, timeStyle: "short" });
  const kept = halfHours.filter(({ overKw }) => overKw === 0).length;
  return [
    ...wrap(
      `Grid event, at most ${limitKw.toFixed(1)} kW: kept in ${kept} of ${halfHours.length} half-hours by what we charged`,
      { hanging: 2 },
    ),
    ...halfHours.map(({ startsAt, meteredKw, unplannedKw, overKw }) => {
      const over = overKw > 0 ? `, OVER by ${overKw.toFixed(2)} kW` : "";
      const alone = unplannedKw > 0 ? `, ${unplannedKw.toFixed(2)} kW by cars before their first plan` : "";
      return `  ${clock.format(new Date(startsAt))}  metered ${meteredKw.toFixed(2).padStart(7)} kW${alone}${over}`;
    }),
  ];
}
