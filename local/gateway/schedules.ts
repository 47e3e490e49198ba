import { Cron } from "croner";
import { Temporal } from "temporal-polyfill";
import type { VirtualClock } from "../clock.ts";
import type { AwsMetrics } from "../cloudwatch/aws-metrics.ts";
import { ACCOUNT, REGION } from "../identity.ts";
import type { Functions } from "./functions.ts";
import type { Ids } from "./ids.ts";

/** Answers the next time after `afterMs`, or undefined when there is none. */
export type NextRun = (afterMs: number) => number | undefined;

export type Schedule = {
  arn: string;
  group: string;
  functionArn: string;
  input: string | undefined;
  next: NextRun;
  startMs?: number | undefined;
  endMs?: number | undefined;
};

/** Invokes the schedule's function at each of its times, for as long as the clock runs. */
export function startSchedule(
  schedule: Schedule,
  { functions, clock, ids, metrics }: { functions: Functions; clock: VirtualClock; ids: Ids; metrics: AwsMetrics },
): void {
  const arm = (afterMs: number) => {
    const atMs = schedule.next(afterMs);
    if (atMs === undefined || atMs > (schedule.endMs ?? Number.POSITIVE_INFINITY)) return;
    clock.at(atMs, `schedule ${schedule.arn}`, () => {
      arm(atMs);
      metrics.scheduled(schedule.group);
      functions.invokeAsync(schedule.functionArn, input(schedule, atMs, ids));
    });
  };
  arm(Math.max(clock.now(), (schedule.startMs ?? 0) - 1));
}

function input(schedule: Schedule, atMs: number, ids: Ids): string {
  const time = new Date(atMs).toISOString().replace(/\.\d+Z$/, "Z");
  if (schedule.input === undefined) {
    const envelope = { version: "0", id: ids(), "detail-type": "Scheduled Event", source: "aws.scheduler" };
    return JSON.stringify({
      ...envelope,
      account: ACCOUNT,
      time,
      region: REGION,
      resources: [schedule.arn],
      detail: "{}",
    });
  }
  return schedule.input
    .replaceAll("<aws.scheduler.scheduled-time>", time)
    .replaceAll("<aws.scheduler.schedule-arn>", schedule.arn)
    .replaceAll("<aws.scheduler.execution-id>", () => ids())
    .replaceAll("<aws.scheduler.attempt-number>", "1");
}

/** Compiles a rate, cron or at expression of EventBridge Scheduler. */
export function compileSchedule(expression: string, timeZone: string, createdAtMs: number): NextRun {
  const [, kind, body] = /^(rate|cron|at)\((.+)\)$/.exec(expression) ?? [];
  if (kind === "rate") return rate(body as string, createdAtMs);
  if (kind === "cron") return cron(body as string, timeZone);
  if (kind === "at") {
    const atMs = toUtc(Temporal.PlainDateTime.from(body as string), timeZone);
    return (afterMs) => (atMs !== undefined && atMs > afterMs ? atMs : undefined);
  }
  throw new Error(`schedule expression ${expression} is not supported`);
}

const UNIT_MS: Record<string, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

function rate(body: string, createdAtMs: number): NextRun {
  const [, count = "0", unit = ""] = /^(\d+) (minute|hour|day)s?$/.exec(body) ?? [];
  const everyMs = Number(count) * (UNIT_MS[unit] ?? 0);
  if (everyMs === 0) throw new Error(`schedule expression rate(${body}) is not supported`);
  return (afterMs) => createdAtMs + (Math.floor((afterMs - createdAtMs) / everyMs) + 1) * everyMs;
}

// Times are found on a calendar without time zones and then put into the zone, which gives AWS's documented answer to a
// clock change: a time that is skipped in spring does not run, one that comes twice in autumn runs once.
function cron(body: string, timeZone: string): NextRun {
  const calendar = new Cron(toCroner(body), { timezone: "UTC" });
  return (afterMs) => {
    let local = Temporal.Instant.fromEpochMilliseconds(afterMs).toZonedDateTimeISO(timeZone).toPlainDateTime();
    for (;;) {
      const found = calendar.nextRun(new Date(`${local.toString({ smallestUnit: "millisecond" })}Z`));
      if (!found) return undefined;
      local = Temporal.PlainDateTime.from(found.toISOString().slice(0, -1));
      const atMs = toUtc(local, timeZone);
      if (atMs !== undefined && atMs > afterMs) return atMs;
    }
  };
}

/** The instant of a wall-clock time, the earlier one when it comes twice; undefined when the zone skips it. */
function toUtc(local: Temporal.PlainDateTime, timeZone: string): number | undefined {
  const zoned = local.toZonedDateTime(timeZone, { disambiguation: "earlier" });
  return zoned.toPlainDateTime().equals(local) ? zoned.epochMilliseconds : undefined;
}

const LAST_OF_FIELD = [59, 23, 31, 12, 7, 2199];

/** AWS's six fields (minutes first, Sunday is 1, a year) in croner's seven (seconds first, Sunday is 0). */
function toCroner(body: string): string {
  const fields = body.trim().split(/\s+/);
  if (fields.length !== 6) throw new Error(`schedule expression cron(${body}) needs six fields`);
  if ((fields[2] === "?") === (fields[4] === "?")) {
    throw new Error(`schedule expression cron(${body}) needs ? in exactly one of day-of-month and day-of-week`);
  }
  const translated = fields.map((field, index) =>
    field
      .split(",")
      .map((part) => toCronerPart(part, index))
      .join(","),
  );
  return ["0", ...translated].join(" ");
}

function toCronerPart(part: string, index: number): string {
  const whole = part === "?" ? "*" : part.replace(/^([^-/*]+)\/(\d+)$/, `$1-${LAST_OF_FIELD[index]}/$2`);
  if (index !== 4) return whole;
  const [days = "", ...step] = whole.split("/");
  const [range = "", nth] = days.split("#");
  const shifted = range.replace(/\d/g, (day) => String(Number(day) - 1));
  const day = shifted === "L" ? "6" : shifted;
  return [nth === undefined ? day : `${day}#${nth}`, ...step].join("/");
}
