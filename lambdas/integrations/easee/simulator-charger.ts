import { betweenMs, draw } from "../../../shared/integration/simulation-random.ts";
import { History } from "./simulator-history.ts";
import type { ChargerSpec, ChargerTruth, Limit, PowerInterval, Session, Span, Troubles } from "./simulator-spec.ts";

const HOUR_MS = 3_600_000;
const LEAST_A = 6;
const NO_TROUBLES: Troubles = { offline: [], ownPlan: [], unpluggedAtMs: [] };
type Change = { atMs: number; apply: (atMs: number) => void };

/** A charger with its car: a state machine that is played up to whatever moment is asked about. */
export class Charger {
  readonly spec: ChargerSpec;
  readonly opMode = new History();
  readonly dynamicA = new History();
  readonly reason = new History();
  readonly powerKw = new History();
  readonly #seed: number;
  readonly #troubles: Troubles;
  readonly #agenda: number[];
  readonly #intervals: PowerInterval[] = [];
  #changes: Change[] = [];
  #nowMs: number;
  #limit: Limit | undefined;
  #authorisedFor: Session | undefined;
  /** The car begins to draw at this moment of its present charge. */
  #drawsFromMs: number | undefined;
  #session: Session | undefined;
  #sessionKwh = 0;
  #powerKw = 0;

  constructor(spec: ChargerSpec, startMs: number, seed: number, troubles: Troubles = NO_TROUBLES) {
    this.spec = spec;
    this.#seed = seed;
    this.#troubles = troubles;
    this.#nowMs = startMs;
    const spans = [...troubles.offline, ...troubles.ownPlan];
    this.#agenda = [
      ...spec.sessions.flatMap(({ arrivesAt, departsAt }) => [arrivesAt, departsAt]),
      ...spans.flatMap(({ startsAtMs, endsAtMs }) => [startsAtMs, endsAtMs]),
      ...troubles.unpluggedAtMs,
    ].sort((a, b) => a - b);
    this.dynamicA.set(startMs, spec.maxCurrentA, 0);
    this.#settle(startMs);
  }

  /** Lets everything happen that happens until then. */
  play(atMs: number): void {
    for (let next = this.#next(); next !== undefined && next <= atMs; next = this.#next()) this.#step(next);
    if (atMs > this.#nowMs) this.#draw(atMs);
  }

  isOnline(atMs: number): boolean {
    return !this.#troubles.offline.some((span) => isIn(span, atMs));
  }

  /** When the charger's cloud last heard of it. */
  spokeAtMs(atMs: number): number {
    return this.#troubles.offline.find((span) => isIn(span, atMs))?.startsAtMs ?? atMs;
  }

  get plugged(): boolean {
    return this.#session !== undefined;
  }

  get limit(): Limit | undefined {
    return this.#limit;
  }

  /** Sets the dynamic current, at that moment; a life of 0 minutes is for ever. */
  setLimit(atMs: number, amps: number, minutes: number): void {
    this.#changes.push({
      atMs,
      apply: (at) => {
        this.#limit = { amps, endsAtMs: minutes === 0 ? Number.POSITIVE_INFINITY : at + minutes * 60_000 };
      },
    });
  }

  authorise(atMs: number, isAuthorised: boolean): void {
    this.#changes.push({
      atMs,
      apply: () => {
        this.#authorisedFor = isAuthorised ? this.#session : undefined;
      },
    });
  }

  /** Tells its mode anew at that moment, changed or not. */
  report(atMs: number): void {
    this.#changes.push({
      atMs,
      apply: (at) => this.opMode.set(at, this.opMode.value, this.#delayMs(at)),
    });
  }

  /** Session energy as it was at a moment not long ago, kWh. */
  sessionKwhAt(atMs: number): number {
    return Math.max(0, this.#sessionKwh - (this.#powerKw * (this.#nowMs - atMs)) / HOUR_MS);
  }

  truth(atMs: number): ChargerTruth {
    this.play(atMs);
    return {
      opMode: this.opMode.value,
      plugged: this.plugged,
      online: this.isOnline(atMs),
      powerKw: this.#powerKw,
      offeredA: this.#offeredA(atMs),
      sessionKwh: this.#sessionKwh,
      limit: this.#limit,
      intervals: [...this.#intervals],
    };
  }

  #next(): number | undefined {
    const wants = this.#session ? this.#session.wantsKwh - this.#sessionKwh : 0;
    const fullAtMs =
      this.#powerKw > 0 ? this.#nowMs + Math.max(1, Math.ceil((wants / this.#powerKw) * HOUR_MS)) : undefined;
    const times = [
      this.#agenda.find((time) => time > this.#nowMs),
      this.#changes.map(({ atMs }) => atMs).sort((a, b) => a - b)[0],
      this.#limit && Number.isFinite(this.#limit.endsAtMs) ? this.#limit.endsAtMs : undefined,
      this.#drawsFromMs !== undefined && this.#drawsFromMs > this.#nowMs ? this.#drawsFromMs : undefined,
      fullAtMs,
    ];
    return times
      .filter((time) => time !== undefined)
      .reduce<number | undefined>((a, b) => Math.min(a ?? b, b), undefined);
  }

  #step(atMs: number): void {
    this.#draw(Math.max(atMs, this.#nowMs));
    const due = this.#changes.filter((change) => change.atMs <= atMs);
    this.#changes = this.#changes.filter((change) => change.atMs > atMs);
    for (const change of due) change.apply(atMs);
    if (this.#limit && this.#limit.endsAtMs <= atMs) this.#limit = undefined;
    this.#settle(atMs);
  }

  /** What follows from everything that is so now. */
  #settle(atMs: number): void {
    const session = this.spec.sessions.find(
      ({ arrivesAt, departsAt }) => arrivesAt <= atMs && atMs < this.#leavesAt(arrivesAt, departsAt),
    );
    if (session !== this.#session) {
      // The counter keeps its value until the next car comes.
      if (session) this.#sessionKwh = 0;
      this.#session = session;
      this.#drawsFromMs = undefined;
    }
    const dynamicA = this.#limit?.amps ?? this.spec.maxCurrentA;
    this.#tell(this.dynamicA, atMs, dynamicA);
    const { opMode, reason } = this.#condition(atMs);
    if (opMode === 3)
      this.#drawsFromMs ??= atMs + betweenMs(10_000, 40_000, draw(this.#seed, this.spec.id, "ramp", atMs));
    else this.#drawsFromMs = undefined;
    const isDrawing = this.#drawsFromMs !== undefined && this.#drawsFromMs <= atMs;
    this.#powerKw = isDrawing ? (this.spec.voltageV * this.spec.phases * this.#offeredA(atMs)) / 1000 : 0;
    this.#tell(this.opMode, atMs, opMode);
    this.#tell(this.reason, atMs, reason);
    // A stop leaves the old power standing for a sample or two.
    this.#tell(
      this.powerKw,
      atMs,
      this.#powerKw,
      isDrawing ? 0 : betweenMs(0, 15_000, draw(this.#seed, "residual", atMs)),
    );
  }

  #condition(atMs: number): { opMode: number; reason: number } {
    const session = this.#session;
    if (!session) return { opMode: 1, reason: 50 };
    if (this.spec.needsStart && this.#authorisedFor !== session) return { opMode: 7, reason: 55 };
    if (session.wantsKwh - this.#sessionKwh < 1e-6) return { opMode: 4, reason: 79 };
    if (this.#troubles.ownPlan.some((span) => isIn(span, atMs))) return { opMode: 2, reason: 54 };
    if (this.#offeredA(atMs) < LEAST_A) return { opMode: 2, reason: 52 };
    return { opMode: 3, reason: 0 };
  }

  #leavesAt(arrivesAt: number, departsAt: number): number {
    return Math.min(departsAt, ...this.#troubles.unpluggedAtMs.filter((at) => at > arrivesAt && at < departsAt));
  }

  #offeredA(atMs: number): number {
    const { maxCurrentA, offlineCurrentA = maxCurrentA } = this.spec;
    return Math.min(maxCurrentA, this.#limit?.amps ?? maxCurrentA, this.isOnline(atMs) ? maxCurrentA : offlineCurrentA);
  }

  #tell(history: History, atMs: number, value: number, moreMs = 0): void {
    if (history.value !== value || history.told(atMs, atMs).atMs === 0)
      history.set(atMs, value, this.#delayMs(atMs) + moreMs);
  }

  /** What changes together is told together; drawn by the moment, so that it does not matter who looks in what order. */
  #delayMs(atMs: number): number {
    return betweenMs(1000, 3000, draw(this.#seed, this.spec.id, "told", atMs));
  }

  /** Energy flows at the present power until then. */
  #draw(atMs: number): void {
    if (this.#powerKw > 0 && atMs > this.#nowMs) {
      this.#sessionKwh += (this.#powerKw * (atMs - this.#nowMs)) / HOUR_MS;
      const last = this.#intervals.at(-1);
      if (last && last.endsAtMs === this.#nowMs && last.powerKw === this.#powerKw) last.endsAtMs = atMs;
      else this.#intervals.push({ startsAtMs: this.#nowMs, endsAtMs: atMs, powerKw: this.#powerKw });
    }
    this.#nowMs = atMs;
  }
}

function isIn({ startsAtMs, endsAtMs }: Span, atMs: number): boolean {
  return startsAtMs <= atMs && atMs < endsAtMs;
}
