import { type Command, InvalidArgumentError, Option } from "commander";
import { BadInput } from "../feeds/bad-input.ts";
import { listText, setText, withdrawText } from "./grid-event-text.ts";
import { limitsAhead, type SideLimit, setEvent, withdrawEvent } from "./grid-events.ts";
import { HALF_HOUR_MS, readSpan } from "./half-hours.ts";
import { findPortfolio, lastPlan } from "./portfolio.ts";
import { portfolioText } from "./portfolio-text.ts";
import type { Target } from "./target.ts";

type SetOptions = {
  portfolio: string;
  from: string;
  to: string;
  kw: number;
  beforeKw?: number;
  beforeMinutes?: number;
  reboundKw?: number;
  reboundMinutes?: number;
};

const MOST_EVENT_HOURS = 24;
/** An event with both its side limits. */
const MOST_WITHDRAWN_HOURS = 3 * MOST_EVENT_HOURS;
const HALF_HOUR_MINUTES = HALF_HOUR_MS / 60_000;

/** Adds `event set`, `event list`, `event withdraw` and `portfolio`. */
export function addPortfolioCommands(root: Command, open: () => Promise<Target>, print: (text: string) => void): void {
  const event = root.command("event").description("limits what a portfolio may draw over a time: grid events");
  const portfolio = () => new Option("--portfolio <id>", "<fleet>@<region>, such as main@C").makeOptionMandatory();
  const from = () => new Option("--from <time>", "with its zone, such as 2026-11-21T16:30Z").makeOptionMandatory();
  const to = () => new Option("--to <time>", "its end, as --from").makeOptionMandatory();
  const kw = (flag: string, what: string) => new Option(`--${flag} <kW>`, what).argParser(power);
  const minutes = (flag: string, what: string) => new Option(`--${flag} <minutes>`, what).argParser(halfHours);

  event
    .command("set")
    .description("sets a limit, with its own before and after it if wanted")
    .addOption(portfolio())
    .addOption(from())
    .addOption(to())
    .addOption(kw("kw", "what the portfolio may draw on average in each half-hour").makeOptionMandatory())
    .addOption(kw("before-kw", "what it may draw before, so that it does not all charge ahead"))
    .addOption(minutes("before-minutes", "for how long before"))
    .addOption(kw("rebound-kw", "what it may draw afterwards, so that it does not all start at once"))
    .addOption(minutes("rebound-minutes", "for how long afterwards"))
    .action(async (options: SetOptions) => {
      const before = sideLimit("before", options.beforeKw, options.beforeMinutes);
      const rebound = sideLimit("rebound", options.reboundKw, options.reboundMinutes);
      const span = readSpan(options.from, options.to, MOST_EVENT_HOURS);
      const target = await open();
      const found = await findPortfolio(options.portfolio, target);
      const wanted = { ...span, kw: options.kw, ...(before && { before }), ...(rebound && { rebound }) };
      const rows = await setEvent(found.portfolioId, wanted, target.connection);
      print(setText(found, rows, { target: target.name, now: target.connection.now() }));
    });

  event
    .command("list")
    .description("the limits ahead, beside what is planned there")
    .addOption(portfolio())
    .option("--json", "for scripts")
    .action(async (options: { portfolio: string; json?: true }) => {
      const target = await open();
      const found = await findPortfolio(options.portfolio, target);
      const plan = await lastPlan(found.portfolioId, target.connection);
      const rows = await limitsAhead(found.portfolioId, plan, target.connection);
      const text = () => listText(found, rows, { target: target.name, now: target.connection.now() });
      print(options.json ? JSON.stringify(rows, null, 2) : text());
    });

  event
    .command("withdraw")
    .description("takes back all limits from --from to --to")
    .addOption(portfolio())
    .addOption(from())
    .addOption(to())
    .action(async (options: { portfolio: string; from: string; to: string }) => {
      const span = readSpan(options.from, options.to, MOST_WITHDRAWN_HOURS);
      const target = await open();
      const found = await findPortfolio(options.portfolio, target);
      const rows = await withdrawEvent(found.portfolioId, span, target.connection);
      print(withdrawText(found, rows, { target: target.name, now: target.connection.now(), span }));
    });

  root
    .command("portfolio")
    .description("the last plan of a portfolio as a whole, half-hour by half-hour")
    .argument("<id>", "<fleet>@<region>, such as main@C")
    .option("--json", "for scripts")
    .action(async (id: string, options: { json?: true }) => {
      const target = await open();
      const found = await findPortfolio(id, target);
      const plan = await lastPlan(found.portfolioId, target.connection);
      const now = target.connection.now();
      const json = () => ({ target: target.name, at: now, portfolioId: found.portfolioId, plan: plan ?? null });
      print(options.json ? JSON.stringify(json(), null, 2) : portfolioText(found, plan, { target: target.name, now }));
    });
}

function sideLimit(name: string, kw: number | undefined, minutes: number | undefined): SideLimit | undefined {
  if (kw === undefined && minutes === undefined) return undefined;
  if (kw !== undefined && minutes !== undefined) return { kw, minutes };
  throw new BadInput(`--${name}-kw and --${name}-minutes go together: give both or neither.`);
}

function power(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError("It must be a number of kW, 0 or more.");
  return value;
}

function halfHours(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value === 0 || value % HALF_HOUR_MINUTES !== 0 || value > MOST_EVENT_HOURS * 60)
    throw new InvalidArgumentError(`It must be a multiple of 30, up to ${MOST_EVENT_HOURS * 60}.`);
  return value;
}
