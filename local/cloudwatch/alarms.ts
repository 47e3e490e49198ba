import { type Alarm, type CompositeAlarm, evaluationRangeMs, isEvaluatedHourly, type MetricAlarm } from "./alarm.ts";
import { holds, UnsupportedRule, watchedBy } from "./alarm-rule.ts";
import { EXTRA_PERIODS, judge, reasonOf, type State } from "./alarm-state.ts";
import type { MetricStore } from "./metric-store.ts";
import { runQuery } from "./query.ts";
import { type SuppressedBy, type Suppression, suppress, UNSUPPRESSED } from "./suppression.ts";

/** An alarm that changed its state. */
export type Transition = { alarm: string; atMs: number; from: State; to: State; reason: string };
/** Topics that were told of a state. */
export type Notification = { alarm: string; atMs: number; state: State; topics: readonly string[]; reason: string };

export type AlarmView = {
  alarm: Alarm;
  state: State;
  reason: string;
  /** When it entered its state; its creation before the first change. */
  sinceMs: number;
  suppressedBy: SuppressedBy | undefined;
};

type Entry<T extends Alarm = Alarm> = AlarmView & {
  alarm: T;
  suppression: Suppression;
  isEvaluated: boolean;
  hour: number;
};

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/**
 * The alarms of an account, evaluated as CloudWatch does: every minute over periods that end with that minute, multi-day
 * ones every hour; actions on a change of state only. An alarm begins in INSUFFICIENT_DATA.
 *
 * One thing is not CloudWatch's. In AWS an alarm that takes missing data for a breach rings from its creation until the first
 * datum. Here it is first evaluated when its periods lie after `settledMs`, when the platform began to run.
 */
export class Alarms {
  readonly #store: MetricStore;
  readonly #settledMs: number;
  readonly #metric: Entry<MetricAlarm>[];
  /** Each after those it watches. */
  readonly #composite: Entry<CompositeAlarm>[];
  readonly #byName: Map<string, Entry>;
  /** All of them, as they happened. */
  readonly transitions: Transition[] = [];
  readonly notifications: Notification[] = [];

  /** Throws UnsupportedRule when a composite alarm watches one that is not there, or itself. */
  constructor(alarms: readonly Alarm[], store: MetricStore, settledMs: number) {
    this.#store = store;
    this.#settledMs = settledMs;
    const entry = <T extends Alarm>(alarm: T): Entry<T> => ({
      alarm,
      state: "INSUFFICIENT_DATA",
      reason: "Unchecked: Initial alarm creation",
      sinceMs: settledMs,
      suppressedBy: undefined,
      suppression: UNSUPPRESSED,
      isEvaluated: false,
      hour: Number.NEGATIVE_INFINITY,
    });
    this.#metric = alarms.filter((alarm) => alarm.kind === "metric").map(entry);
    const composite = alarms.filter((alarm) => alarm.kind === "composite").map(entry);
    this.#byName = new Map([...this.#metric, ...composite].map((one) => [one.alarm.name, one]));
    this.#composite = inOrder(composite, this.#byName);
  }

  /** One minute's evaluation, on what the store holds before `nowMs`. */
  evaluate(nowMs: number): void {
    for (const entry of this.#metric) this.#evaluateMetric(entry, nowMs);
    for (const entry of this.#composite) this.#evaluateComposite(entry, nowMs);
  }

  views(): AlarmView[] {
    return [...this.#byName.values()];
  }

  /** How far back any of the alarms looks. */
  longestRangeMs(): number {
    return Math.max(0, ...this.#metric.map(({ alarm }) => evaluationRangeMs(alarm)));
  }

  #evaluateMetric(entry: Entry<MetricAlarm>, nowMs: number): void {
    const { alarm } = entry;
    const isHourly = isEvaluatedHourly(alarm);
    const endMs = floor(nowMs, isHourly ? HOUR_MS : MINUTE_MS);
    if (isHourly && entry.hour === endMs) return;
    const isAboutSilence = alarm.missing === "breaching";
    if (isAboutSilence && endMs - alarm.evaluationPeriods * alarm.periodMs < this.#settledMs) return;
    entry.hour = endMs;
    entry.isEvaluated = true;
    const count = alarm.evaluationPeriods + EXTRA_PERIODS;
    const points = runQuery(alarm.query, this.#store, { endMs, periodMs: alarm.periodMs, count });
    const judgement = judge(points, alarm, entry.state);
    if (judgement.state === entry.state) return;
    this.#change(entry, judgement.state, reasonOf(judgement, alarm, alarm.comparison), nowMs);
    this.#tell(entry, nowMs);
  }

  #evaluateComposite(entry: Entry<CompositeAlarm>, nowMs: number): void {
    const { rule, suppressor } = entry.alarm;
    const watched = watchedBy(rule).map((name) => this.#byName.get(name) as Entry);
    if (!entry.isEvaluated && watched.some(({ isEvaluated }) => !isEvaluated)) return;
    entry.isEvaluated = true;
    const state = holds(rule, (name) => (this.#byName.get(name) as Entry).state) ? "ALARM" : "OK";
    const hasChanged = state !== entry.state;
    if (hasChanged) this.#change(entry, state, becauseOf(watched, rule.kind), nowMs);
    if (!suppressor) {
      if (hasChanged) this.#tell(entry, nowMs);
      return;
    }
    const isInAlarm = this.#byName.get(suppressor.alarm)?.state === "ALARM";
    const { next, act, by } = suppress(entry.suppression, suppressor, { nowMs, hasChanged, isInAlarm });
    entry.suppression = next;
    entry.suppressedBy = by;
    if (act) this.#tell(entry, nowMs);
  }

  #change(entry: Entry, to: State, reason: string, atMs: number): void {
    this.transitions.push({ alarm: entry.alarm.name, atMs, from: entry.state, to, reason });
    entry.state = to;
    entry.reason = reason;
    entry.sinceMs = atMs;
  }

  #tell({ alarm, state, reason }: Entry, atMs: number): void {
    const topics = alarm.actions[state];
    if (topics.length > 0) this.notifications.push({ alarm: alarm.name, atMs, state, topics, reason });
  }
}

function becauseOf(watched: Entry[], kind: string): string {
  if (kind === "constant") return "its rule is a constant";
  const inAlarm = watched.filter(({ state }) => state === "ALARM").map(({ alarm }) => alarm.name);
  return inAlarm.length === 0
    ? "none of the alarms it watches is in ALARM"
    : `in ALARM: ${[...new Set(inAlarm)].join(", ")}`;
}

function inOrder(composite: Entry<CompositeAlarm>[], byName: ReadonlyMap<string, Entry>): Entry<CompositeAlarm>[] {
  const ordered: Entry<CompositeAlarm>[] = [];
  const visit = (entry: Entry<CompositeAlarm>, path: string[]): void => {
    const { name, rule, suppressor } = entry.alarm;
    if (ordered.includes(entry)) return;
    if (path.includes(name)) throw new UnsupportedRule(`alarm ${name} watches itself through ${path.join(", ")}`);
    for (const watched of [...watchedBy(rule), ...(suppressor ? [suppressor.alarm] : [])]) {
      if (!byName.has(watched)) throw new UnsupportedRule(`alarm ${name} watches ${watched}, which is no alarm here`);
      const inner = composite.find((one) => one.alarm.name === watched);
      if (inner) visit(inner, [...path, name]);
    }
    ordered.push(entry);
  };
  for (const entry of composite) visit(entry, []);
  return ordered;
}

const floor = (atMs: number, stepMs: number) => Math.floor(atMs / stepMs) * stepMs;
