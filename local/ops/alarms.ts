import { type CloudWatchClient, type MetricAlarm, paginateDescribeAlarms } from "@aws-sdk/client-cloudwatch";
import type { Command } from "commander";
import { epochMs, HOUR_MS, type Instant, instant } from "../../shared/domain/instant.ts";
import { ago, localClock } from "./local-time.ts";
import { field, wrapped } from "./printable.ts";
import type { Target } from "./target.ts";

/** An alarm that rings now. What its text does not tell is absent. */
export type RingingAlarm = {
  /** Without the stage: the part and what is wrong. */
  name: string;
  since: Instant;
  broken: string;
  firstAction?: string;
  /** Page and section. */
  runbook?: string;
  kind?: string;
  /** Nobody was told, because its cause rings. */
  heldBack: boolean;
};

/** As lib/house-alarm.ts writes it. */
const TEXT = /^(?<broken>.+) First: (?<firstAction>.+) Runbook: (?<runbook>\S+)\. Owner: \S+ A (?<kind>\w+)\./;

/** The alarms of a stage that ring, pages before tickets, the oldest first; the legs of composites are theirs. */
export async function ringingAlarms(client: CloudWatchClient, stagePrefix: string): Promise<RingingAlarm[]> {
  const found: RingingAlarm[] = [];
  const pages = paginateDescribeAlarms(
    { client },
    { AlarmNamePrefix: stagePrefix, StateValue: "ALARM", AlarmTypes: ["MetricAlarm", "CompositeAlarm"] },
  );
  for await (const { MetricAlarms = [], CompositeAlarms = [] } of pages) {
    const told = [...MetricAlarms, ...CompositeAlarms].filter(({ AlarmActions = [] }) => AlarmActions.length > 0);
    found.push(...told.map((alarm) => ringing(alarm, stagePrefix)));
  }
  const rank = ({ kind }: RingingAlarm) => (kind === "ticket" ? 1 : 0);
  return found.sort((a, b) => rank(a) - rank(b) || epochMs(a.since) - epochMs(b.since) || (a.name < b.name ? -1 : 1));
}

type Described = Pick<
  MetricAlarm,
  "AlarmName" | "AlarmDescription" | "StateTransitionedTimestamp" | "StateUpdatedTimestamp"
> & { ActionsSuppressedBy?: string | undefined };

function ringing(alarm: Described, stagePrefix: string): RingingAlarm {
  const { AlarmName = "", AlarmDescription = "", ActionsSuppressedBy } = alarm;
  const since = alarm.StateTransitionedTimestamp ?? alarm.StateUpdatedTimestamp;
  if (since === undefined) throw new Error(`CloudWatch does not say since when ${AlarmName} rings`);
  const { broken = AlarmDescription, ...text } = TEXT.exec(AlarmDescription)?.groups ?? {};
  return {
    name: AlarmName.slice(stagePrefix.length),
    since: instant(since.getTime()),
    broken,
    ...text,
    heldBack: ActionsSuppressedBy !== undefined,
  };
}

export function alarmsText(alarms: readonly RingingAlarm[], now: Instant, where: string): string {
  if (alarms.length === 0) return `No alarm rings on ${where}.`;
  const clock = localClock("UTC", now);
  const stuck = alarms.filter(({ since }) => epochMs(now) - epochMs(since) > 24 * HOUR_MS);
  const each = alarms.flatMap(({ name, since, broken, firstAction, runbook, kind, heldBack }) => [
    "",
    name,
    ...field("since", `${clock.dayTime(since)}, ${ago(since, now)}`),
    ...field("kind", `${kind ?? "not told"}${heldBack ? ", held back: its cause rings" : ""}`),
    ...field("broken", broken),
    ...(firstAction ? field("first", firstAction) : []),
    ...(runbook ? field("runbook", runbook) : []),
  ]);
  return [
    `${alarms.length === 1 ? "1 alarm rings" : `${alarms.length} alarms ring`} on ${where}, times in UTC`,
    ...each,
    ...(stuck.length > 0
      ? [
          "",
          ...wrapped(
            "For more than a day: ",
            `${stuck.map(({ name }) => name).join(", ")}. Nobody acts on these: mend the cause or the alarm.`,
          ),
        ]
      : []),
  ].join("\n");
}

/** Adds `alarms`. */
export function addAlarms(root: Command, open: () => Promise<Target>, print: (text: string) => void): void {
  root
    .command("alarms")
    .description("which alarms ring, since when, and what to do first")
    .option("--json", "for scripts")
    .action(async ({ json }: { json?: true }) => {
      const { connection, name } = await open();
      const alarms = await connection.ringingAlarms();
      print(json ? JSON.stringify(alarms, null, 2) : alarmsText(alarms, connection.now(), name));
    });
}
