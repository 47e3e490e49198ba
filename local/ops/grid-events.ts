import { gridEventSeries, isLimit, NO_LIMIT_KW } from "../../shared/domain/grid-event.ts";
import { type Instant, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import type { PortfolioId } from "../../shared/domain/portfolio.ts";
import type { Slot } from "../../shared/domain/signal.ts";
import type { Connection } from "./connection.ts";
import { checkAhead, endOfAhead, halfHourOf, halfHoursAhead, type Span } from "./half-hours.ts";
import type { HalfHour, LastPlan } from "./portfolio.ts";

/** A limit that keeps what is moved out of an event from piling up beside it: kW, for so long. */
export type SideLimit = { kw: number; minutes: number };
export type GridEvent = Span & { kw: number; before?: SideLimit; rebound?: SideLimit };

/** Half-hours in a row with one limit, kW. `replacedKw` is what stood there. */
export type WrittenLimit = Span & { kw: number; part: "before" | "event" | "rebound"; replacedKw: number | null };
export type StandingLimit = Span & { kw: number; planned: Planned };
/** What the last plan has there: the highest mean of a half-hour, kW. */
export type Planned = "no plan yet" | "not yet planned for" | "beyond the plan" | { mostKw: number; isOver: boolean };

type Parts = Pick<Connection, "signals" | "bus" | "now">;

/**
 * Writes an event with its side limits, as far as it lies ahead, and has the portfolio planned anew. The event replaces what
 * stood in its half-hours; its side limits leave a stricter one in force, so that no event loosens another.
 */
export async function setEvent(portfolioId: PortfolioId, event: GridEvent, to: Parts): Promise<WrittenLimit[]> {
  const now = to.now();
  checkAhead(event, now);
  const { before, rebound } = event;
  const sides = {
    before: { from: plusMs(event.from, -(before?.minutes ?? 0) * MINUTE_MS), to: event.from },
    event: { from: event.from, to: event.to },
    rebound: { from: event.to, to: plusMs(event.to, (rebound?.minutes ?? 0) * MINUTE_MS) },
  };
  const kwOf = { before: before?.kw ?? 0, event: event.kw, rebound: rebound?.kw ?? 0 };
  const span = { from: sides.before.from, to: sides.rebound.to };
  const stood = await standing(portfolioId, span, to);
  const limits = (["before", "event", "rebound"] as const).flatMap((part) =>
    halfHoursAhead(sides[part], now).map((halfHour): WrittenLimit => {
      const stoodKw = stood.get(halfHour.from)?.value ?? null;
      const kw = part === "event" ? event.kw : Math.min(kwOf[part], stoodKw ?? Number.POSITIVE_INFINITY);
      return { ...halfHour, kw, part, replacedKw: stoodKw === kw ? null : stoodKw };
    }),
  );
  await write(portfolioId, limits, span, to);
  return inRows(limits, (a, b) => a.kw === b.kw && a.part === b.part && a.replacedKw === b.replacedKw);
}

/** Writes over a span, as far as it lies ahead, that nothing is limited; resolves to the limits that stood there. */
export async function withdrawEvent(portfolioId: PortfolioId, span: Span, to: Parts) {
  const now = to.now();
  checkAhead(span, now);
  const stood = await standing(portfolioId, span, to);
  const halfHours = halfHoursAhead(span, now);
  await write(
    portfolioId,
    halfHours.map((halfHour) => ({ ...halfHour, kw: NO_LIMIT_KW })),
    span,
    to,
  );
  const withdrawn = halfHours.flatMap((halfHour) => {
    const slot = stood.get(halfHour.from);
    return slot ? [{ ...halfHour, kw: slot.value }] : [];
  });
  return inRows(withdrawn, (a, b) => a.kw === b.kw);
}

/** The limits ahead, beside what the last plan has there. */
export async function limitsAhead(
  portfolioId: PortfolioId,
  plan: LastPlan | undefined,
  { signals, now }: Pick<Parts, "signals" | "now">,
): Promise<StandingLimit[]> {
  const slots = await signals.slots(gridEventSeries(portfolioId), now(), endOfAhead(now()));
  const limits = slots.filter(({ value }) => isLimit(value));
  const rows = inRows(
    limits.map(({ startsAt, endsAt, value, issuedAt }) => ({ from: startsAt, to: endsAt, kw: value, issuedAt })),
    (a, b) => a.kw === b.kw && a.issuedAt === b.issuedAt,
  );
  return rows.map(({ issuedAt, ...row }) => ({ ...row, planned: plannedIn(row, issuedAt, plan) }));
}

/** Above a limit by less than this is rounding, kW. */
const TINY_KW = 0.05;

function plannedIn({ from, to, kw }: Span & { kw: number }, issuedAt: Instant, plan: LastPlan | undefined): Planned {
  if (!plan) return "no plan yet";
  if (plan.madeAt < issuedAt) return "not yet planned for";
  const there = plan.halfHours.filter(({ startsAt }) => startsAt >= halfHourOf(from) && startsAt < to);
  if (there.length === 0) return "beyond the plan";
  // What is drawn by loads that cannot be moved is taken off a stored limit.
  const isOver = ({ loadKw, limitKw }: HalfHour) => loadKw > (limitKw ?? kw) + TINY_KW;
  return { mostKw: Math.max(...there.map(({ loadKw }) => loadKw)), isOver: there.some(isOver) };
}

async function standing(portfolioId: PortfolioId, { from, to }: Span, { signals }: Pick<Parts, "signals">) {
  const slots = await signals.slots(gridEventSeries(portfolioId), from, to);
  return new Map(slots.flatMap((slot) => (isLimit(slot.value) ? [[slot.startsAt, slot] as const] : [])));
}

async function write(
  portfolioId: PortfolioId,
  limits: readonly (Span & { kw: number })[],
  { from, to }: Span,
  { signals, bus, now }: Parts,
): Promise<void> {
  const issuedAt = now();
  await signals.putSlots(
    gridEventSeries(portfolioId),
    limits.map(
      (limit): Slot => ({ startsAt: limit.from, endsAt: limit.to, value: limit.kw, kind: "actual", issuedAt }),
    ),
  );
  await bus.publish([{ name: "GridEventChanged", detail: { portfolioId, from, to } }]);
}

/** Joins spans that follow on each other and are alike. */
function inRows<T extends Span>(spans: readonly T[], isAlike: (a: T, b: T) => boolean): T[] {
  const rows: T[] = [];
  for (const span of spans) {
    const last = rows.at(-1);
    if (last && last.to === span.from && isAlike(last, span)) last.to = span.to;
    else rows.push({ ...span });
  }
  return rows;
}
