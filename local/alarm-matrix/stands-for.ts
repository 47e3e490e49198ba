import type { Alarm, CompositeAlarm } from "../cloudwatch/alarm.ts";

/**
 * For each alarm that was not played, one that was and that is the same but for names: of its part, and of what AWS calls
 * its function, its logs and its queues; of a composite its legs, too. Lengths that follow from a manifest's cadence are
 * left out.
 */
export function standsFor(
  alarms: readonly Alarm[],
  played: ReadonlySet<string>,
  short: (name: string) => string,
): Map<string, string> {
  const legsOf = ({ rule }: CompositeAlarm) => {
    const text = JSON.stringify(rule);
    return alarms.filter(({ name }) => text.includes(`"${name}"`));
  };
  const shapeOf = (alarm: Alarm): string => {
    const name = short(alarm.name);
    const legs = alarm.kind === "composite" ? legsOf(alarm).map(shapeOf) : [];
    return JSON.stringify([shapeByItself(alarm, name), legs]);
  };
  const told = alarms.filter(({ actions }) => actions.ALARM.length > 0);
  const byShape = new Map<string, string>();
  for (const alarm of told) {
    const name = short(alarm.name);
    const shape = shapeOf(alarm);
    if (played.has(name) && !byShape.has(shape)) byShape.set(shape, name);
  }
  return new Map(
    told.flatMap((alarm) => {
      const name = short(alarm.name);
      const other = byShape.get(shapeOf(alarm));
      return played.has(name) || other === undefined ? [] : [[name, other] as const];
    }),
  );
}

/** `easee-not-read` is of easee, and about what is not read. */
function whatOf(name: string): string {
  return name.slice(name.indexOf("-") + 1).replace(/^[a-z]+(?=-dead-letters)/, "a-queue");
}

/** Their period is a vendor's slowest turn, and their expression has it too. */
const CADENCED: readonly string[] = ["logins-lost"];

function shapeByItself(alarm: Alarm, name: string): string {
  const part = name.slice(0, name.indexOf("-"));
  const text = JSON.stringify(
    alarm.kind === "metric"
      ? {
          what: whatOf(name),
          query: {
            metrics: [...alarm.query.metrics].map(([id, { metric, statistic }]) => [
              id,
              { ...metric, dimensions: namesOf(metric.dimensions, part) },
              statistic,
            ]),
            expressions: CADENCED.includes(whatOf(name)) ? [] : [...alarm.query.expressions],
            answer: alarm.query.answer,
          },
          periods: [
            CADENCED.includes(whatOf(name)) || alarm.periodMs,
            alarm.evaluationPeriods,
            alarm.datapointsToAlarm,
          ],
          comparison: alarm.comparison,
          missing: alarm.missing,
        }
      : { what: whatOf(name), rule: alarm.rule, suppressor: alarm.suppressor?.alarm, waitMs: alarm.suppressor?.waitMs },
  );
  return text.replaceAll(`-${part}-`, "-*-");
}

/** A dimension's value that is this part's, or that AWS makes from its ids, is a name; all others stay. */
function namesOf(dimensions: Readonly<Record<string, string>>, part: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(dimensions).map(([key, value]) => [key, value === part || /^headroom-/.test(value) ? "*" : value]),
  );
}
