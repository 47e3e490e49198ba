import type { VirtualClock } from "../clock.ts";
import type { AwsMetrics } from "../cloudwatch/aws-metrics.ts";
import { ACCOUNT, REGION } from "../identity.ts";
import { isObject, type Json, type JsonObject } from "../json.ts";
import { AwsError } from "./aws-error.ts";
import type { EventMatcher } from "./event-pattern.ts";
import type { Functions } from "./functions.ts";
import type { Ids } from "./ids.ts";
import type { QueuePolicy } from "./queue-policy.ts";
import type { Queue } from "./queues.ts";
import type { RunRecord } from "./record.ts";

export type Target = {
  arn: string;
  input?: string | undefined;
  inputPath?: string | undefined;
  deadLetterArn?: string | undefined;
};
export type Rule = { name: string; arn: string; busName: string; matches: EventMatcher; targets: Target[] };
export type Archive = { name: string; busName: string; matches: EventMatcher; events: JsonObject[] };

/** A queue that EventBridge may be allowed to send to. */
export type QueueWithPolicies = { queue: Queue; policies: QueuePolicy[] };

export type PutEventsEntry = {
  Source?: string | undefined;
  DetailType?: string | undefined;
  Detail?: string | undefined;
  EventBusName?: string | undefined;
  Resources?: string[] | undefined;
  Time?: number | undefined;
  TraceHeader?: string | undefined;
};

export type PutEventsResult = { EventId: string } | { ErrorCode: string; ErrorMessage: string };

type Parts = {
  busNames: string[];
  rules: Rule[];
  archives: Archive[];
  queues: Map<string, QueueWithPolicies>;
  functions: Functions;
  clock: VirtualClock;
  ids: Ids;
  record: RunRecord;
  metrics: AwsMetrics;
};

const MOST_ENTRIES = 10;
// AWS raised this from 256 KB; it counts all the entries of a call together.
const MOST_BYTES = 1_048_576;

/** EventBridge's buses: what matches a rule is with its targets before PutEvents answers. */
export class EventBuses {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  putEvents(entries: PutEventsEntry[]): PutEventsResult[] {
    if (entries.length === 0 || entries.length > MOST_ENTRIES) {
      const bound = entries.length === 0 ? "greater than or equal to 1" : `less than or equal to ${MOST_ENTRIES}`;
      const constraint = `Value at 'entries' failed to satisfy constraint: Member must have length ${bound}`;
      throw new AwsError("ValidationException", `1 validation error detected: ${constraint}`);
    }
    const bytes = entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
    if (bytes > MOST_BYTES) {
      throw new AwsError("ValidationException", "Total size of the entries in the request is over the limit.");
    }
    return entries.map((entry) => this.#put(entry));
  }

  #put(entry: PutEventsEntry): PutEventsResult {
    for (const name of ["Source", "DetailType", "Detail"] as const) {
      if (!entry[name]) {
        const ErrorMessage = `Parameter ${name} is not valid. Reason: ${name} is a required argument.`;
        return { ErrorCode: "InvalidArgument", ErrorMessage };
      }
    }
    const detail = parseDetail(entry.Detail as string);
    if (!detail) return { ErrorCode: "MalformedDetail", ErrorMessage: "Detail is malformed." };
    if (entry.Source?.startsWith("aws.")) {
      return { ErrorCode: "NotAuthorizedForSourceException", ErrorMessage: "Not authorized for the source." };
    }
    const busName = entry.EventBusName?.split("/").at(-1) ?? "default";
    if (!this.#parts.busNames.includes(busName)) {
      return { ErrorCode: "ResourceNotFoundException", ErrorMessage: `Event bus ${busName} does not exist.` };
    }
    const timeMs = entry.Time === undefined ? this.#parts.clock.now() : entry.Time * 1000;
    const event: JsonObject = {
      version: "0",
      id: this.#parts.ids(),
      "detail-type": entry.DetailType as string,
      source: entry.Source as string,
      account: ACCOUNT,
      time: new Date(timeMs).toISOString().replace(/\.\d+Z$/, "Z"),
      region: REGION,
      resources: entry.Resources ?? [],
      detail,
    };
    this.#route(busName, event);
    return { EventId: event.id as string };
  }

  #route(busName: string, event: JsonObject): void {
    for (const archive of this.#parts.archives) {
      if (archive.busName === busName && archive.matches(event)) archive.events.push(event);
    }
    for (const rule of this.#parts.rules) {
      if (rule.busName !== busName || !rule.matches(event)) continue;
      for (const target of rule.targets) this.#deliver(rule, target, event);
    }
  }

  #deliver(rule: Rule, target: Target, event: JsonObject): void {
    const body = target.input ?? JSON.stringify(target.inputPath ? follow(target.inputPath, event) : event);
    const isDelivered = this.#tryOrRecord(rule, target.arn, body);
    const isKept =
      !isDelivered && target.deadLetterArn !== undefined && this.#tryOrRecord(rule, target.deadLetterArn, body);
    const end = isDelivered ? "delivered" : isKept ? "dead letter" : "lost";
    const place = { busName: rule.busName, ruleName: rule.name };
    this.#parts.metrics.delivery(place, end, target.deadLetterArn !== undefined);
  }

  #tryOrRecord(rule: Rule, targetArn: string, body: string): boolean {
    const reason = this.#tryDeliver(rule, targetArn, body);
    const { clock, record } = this.#parts;
    if (reason) record.dropped.push({ atMs: clock.now(), from: rule.arn, to: targetArn, reason, body });
    return reason === undefined;
  }

  /** Answers why it could not, if so. */
  #tryDeliver(rule: Rule, targetArn: string, body: string): string | undefined {
    if (targetArn.includes(":lambda:")) {
      if (!this.#parts.functions.has(targetArn)) return "no such function";
      this.#parts.functions.invokeAsync(targetArn, body);
      return undefined;
    }
    const { queue, policies } = this.#parts.queues.get(targetArn) ?? {};
    if (!queue || !policies) return "no such queue";
    const sender = { service: "events.amazonaws.com", sourceArn: rule.arn };
    if (!policies.some((allows) => allows(sender, targetArn))) {
      return `no queue policy lets ${sender.service} send for ${rule.arn}`;
    }
    queue.send({ body });
    return undefined;
  }
}

function parseDetail(detail: string): JsonObject | undefined {
  try {
    const parsed: unknown = JSON.parse(detail);
    return isObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function follow(path: string, event: JsonObject): Json {
  let at: Json = event;
  for (const key of path.split(".").slice(1)) at = isObject(at) ? (at[key] ?? null) : null;
  return at;
}

// AWS's published formula for the size of an entry.
function sizeOf(entry: PutEventsEntry): number {
  const texts = [entry.Source, entry.DetailType, entry.Detail, ...(entry.Resources ?? [])];
  const time = entry.Time === undefined ? 0 : 14;
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text ?? ""), time);
}
