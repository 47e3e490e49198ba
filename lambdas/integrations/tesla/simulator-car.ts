import { betweenMs, draw } from "../../../shared/integration/simulation-random.ts";
import { type Appointment, agenda, enter, soonest } from "./simulator-agenda.ts";
import { Effects, type Intent } from "./simulator-effects.ts";
import { Feed } from "./simulator-feed.ts";
import { FULL_WITHIN_KWH, kwhAt, Meter, supplyKw } from "./simulator-meter.ts";
import { ownStart } from "./simulator-own-schedule.ts";
import { reachableKwh } from "./simulator-readiness.ts";
import { Sleep } from "./simulator-sleep.ts";
import type { CarSpec, CarTroubles, CarTruth, Effect, Need, OwnSchedule, Phase, Words } from "./simulator-spec.ts";

const HOUR_MS = 3_600_000;

type CarEvent = "unplugged-early" | "no-power" | "own-schedule-starts";

/** One car: battery, cable, own schedule, sleep. State moves only at events, each at its exact time, never by looking. */
export class Car {
  readonly spec: CarSpec;
  readonly id: bigint;
  readonly sleep: Sleep;
  readonly #seed: number;
  readonly #troubles: CarTroubles;
  readonly #report: (atMs: number, what: CarEvent) => void;
  readonly #agenda: Appointment[];
  readonly #startMs: number;
  readonly #meter: Meter;
  readonly #feed: Feed | undefined;
  readonly #storedOnArrivalKwh = new Map<number, number>();
  readonly #effects = new Effects();
  #lastEventMs: number;
  #session: number | undefined;
  #addedSinceKwh = 0;
  #wants = false;
  #outages = 0;
  #flowsFromMs: number | undefined;
  #flowing = false;
  #limitPercent: number;
  #amps: number;
  #schedule: OwnSchedule;
  /** The own schedule has not yet had its say in this session. */
  #armed = false;
  #ownStartMs: number | undefined;
  #attempts = 0;
  #starts = 0;
  #hidden: { untilMs: number; words: Words } | undefined;

  constructor(
    spec: CarSpec,
    startMs: number,
    seed: number,
    troubles: CarTroubles,
    report: (atMs: number, what: CarEvent) => void,
  ) {
    this.spec = spec;
    // Real ids are beyond 2^53, where a JavaScript number loses digits without a word; an odd one shows the loss.
    this.id = spec.id ?? 1_492_931_000_000_000_000n + BigInt(Math.floor(draw(0, spec.vin, "id") * 2 ** 40)) * 2n + 1n;
    this.#seed = seed;
    this.#troubles = troubles;
    this.#report = report;
    this.#agenda = agenda(spec, troubles, startMs);
    this.#startMs = startMs;
    this.#meter = new Meter(startMs, kwhAt(this.spec, spec.initialSocPercent), spec.chargeEfficiency);
    this.#feed = spec.fedBy && new Feed(spec.fedBy, startMs);
    this.#outages = this.#feed ? 1 : 0;
    this.#lastEventMs = startMs;
    this.#limitPercent = spec.chargeLimitPercent;
    this.#amps = spec.maxCurrentA;
    this.#schedule = spec.ownSchedule;
    this.sleep = new Sleep(spec.vin, startMs, seed);
  }

  /** Plays all events up to and including `nowMs`. */
  play(nowMs: number): void {
    if (this.#feed) enter(this.#agenda, this.#feed.changes(nowMs));
    for (let next = this.#next(); next && next.atMs <= nowMs; next = this.#next()) {
      this.#lastEventMs = next.atMs;
      next.run(next.atMs);
    }
  }

  /** Lets a command work: in the car at `atMs`, in what its cloud tells at `visibleAtMs`. */
  queue(effect: Effect): void {
    this.#effects.add(effect);
  }

  /** What the car will want once announced commands have worked. */
  intent(): Intent {
    const now = { charge: this.#wants, requestedA: this.#amps, limitPercent: this.#limitPercent };
    return this.#effects.applyTo(now);
  }

  phase(): Phase {
    if (this.#session === undefined) return "disconnected";
    if (!this.#wants && this.#isFull(this.#lastEventMs)) return "complete";
    if (this.#feed && this.#flowing) return "charging";
    if (this.#outages > 0) return "no-power";
    if (!this.#wants) return "stopped";
    return this.#flowing ? "charging" : "starting";
  }

  /** What the car's cloud says of it: late after a command. */
  words(nowMs: number): Words {
    if (this.#hidden && nowMs < this.#hidden.untilMs) return this.#hidden.words;
    return {
      phase: this.phase(),
      currentA: this.#flowing ? this.#amps : 0,
      requestedA: this.#amps,
      limitPercent: this.#limitPercent,
      schedule: this.#schedule,
      ownStartMs: this.#ownStartMs,
    };
  }

  truth(nowMs: number): CarTruth {
    this.play(nowMs);
    const storedKwh = this.#meter.storedKwh(nowMs);
    return {
      gridEnergyKwh: this.#meter.gridEnergyKwh(nowMs),
      storedKwh,
      socPercent: (storedKwh / this.spec.batteryCapacityKwh) * 100,
      plugged: this.#session !== undefined,
      charging: this.#flowing,
      powerKw: this.#meter.powerKw,
      phase: this.phase(),
      connectivity: this.connectivity(nowMs),
      chargeLimitPercent: this.#limitPercent,
      requestedA: this.#amps,
      session: this.#session,
      intervals: this.#meter.intervals(nowMs),
      starts: this.#starts,
    };
  }

  storedKwh(nowMs: number): number {
    return this.#meter.storedKwh(nowMs);
  }

  /** Battery-side energy of the present or last session, kWh. */
  addedKwh(nowMs: number): number {
    return this.#meter.gridEnergyKwh(nowMs) * this.spec.chargeEfficiency - this.#addedSinceKwh;
  }

  get session(): number | undefined {
    return this.#session;
  }

  connectivity(nowMs: number): "online" | "asleep" | "waking" {
    return this.sleep.state(nowMs, (this.#wants && this.#outages === 0) || this.#flowing);
  }

  /** Whether full power whenever the charger offered it, less a start-up time, would have met the need. */
  couldBeReady(session: number, need: Need, nowMs: number): boolean {
    this.play(nowMs);
    const needKwh = "storedKwh" in need ? need.storedKwh : kwhAt(this.spec, need.socPercent);
    const told = this.spec.sessions[session]?.socOnArrivalPercent;
    const arrivedKwh =
      this.#storedOnArrivalKwh.get(session) ??
      (told === undefined ? this.#meter.storedKwh(nowMs) : kwhAt(this.spec, told));
    const reachKwh = reachableKwh(this.spec, this.#troubles, session, arrivedKwh, this.#startMs);
    return reachKwh >= needKwh - FULL_WITHIN_KWH;
  }

  #isFull(atMs: number): boolean {
    return this.#meter.storedKwh(atMs) >= kwhAt(this.spec, this.#limitPercent) - FULL_WITHIN_KWH;
  }

  /** The earliest thing to happen. At one moment: first what physics does, then people, then commands, then the schedule. */
  #next() {
    return soonest(this.#lastEventMs, [
      {
        atMs: this.#flowing && !this.#feed ? this.#meter.reachesAtMs(kwhAt(this.spec, this.#limitPercent)) : undefined,
        run: (atMs) => this.#fill(atMs),
      },
      { atMs: this.#flowing ? undefined : this.#flowsFromMs, run: (atMs) => this.#flow(atMs) },
      { atMs: this.#agenda[0]?.atMs, run: (atMs) => this.#keep(atMs, this.#agenda.shift()) },
      { atMs: this.#effects.nextAtMs, run: () => this.#apply(this.#effects.take()) },
      { atMs: this.#ownStartMs, run: (atMs) => this.#beginByItself(atMs) },
    ]);
  }

  #keep(atMs: number, appointment: Appointment | undefined): void {
    switch (appointment?.what) {
      case undefined:
        return;
      case "plug":
        this.#plug(atMs, appointment.session);
        return;
      case "unplug":
        if (appointment.early) this.#report(atMs, "unplugged-early");
        this.#unplug(atMs);
        return;
      case "power-lost":
        this.#outages += 1;
        if (this.#session === undefined) return;
        this.#report(atMs, "no-power");
        this.#cut(atMs);
        return;
      case "power-back":
        this.#outages -= 1;
        if (this.#wants && this.#outages === 0) this.#begin(atMs);
        return;
      case "fed":
        this.#flowing = appointment.powerKw > 0;
        this.#meter.setPower(atMs, appointment.powerKw);
        this.sleep.touch(atMs);
        return;
      case "self-start":
        if (this.#session === undefined || this.#wants || this.#isFull(atMs)) return;
        this.#report(atMs, "own-schedule-starts");
        this.#begin(atMs);
        return;
    }
  }

  #plug(atMs: number, session: number): void {
    this.#session = session;
    const arrived = this.spec.sessions[session]?.socOnArrivalPercent;
    if (arrived !== undefined) this.#meter.setStored(kwhAt(this.spec, arrived));
    this.#storedOnArrivalKwh.set(session, this.#meter.storedKwh(atMs));
    this.#addedSinceKwh = this.#meter.gridEnergyKwh(atMs) * this.spec.chargeEfficiency;
    if (this.#outages > 0) this.#report(atMs, "no-power");
    this.#hidden = undefined;
    this.#armed = true;
    this.sleep.touch(atMs);
    this.#planOwnStart(atMs, true);
  }

  #unplug(atMs: number): void {
    this.#cut(atMs);
    this.#wants = false;
    this.#session = undefined;
    this.#ownStartMs = undefined;
    this.#hidden = undefined;
    this.#effects.dropCharging();
    this.sleep.touch(atMs);
  }

  #begin(atMs: number): void {
    this.#wants = true;
    this.#ownStartMs = undefined;
    this.#flowsFromMs = this.#outages > 0 ? undefined : atMs + this.#startingMs();
    this.#attempts += 1;
    this.sleep.touch(atMs);
  }

  #beginByItself(atMs: number): void {
    if (this.#schedule.mode !== "StartAt") this.#armed = false;
    this.#begin(atMs);
  }

  #startingMs(): number {
    return betweenMs(5_000, 15_000, draw(this.#seed, this.spec.vin, "starting", this.#attempts));
  }

  #flow(atMs: number): void {
    this.#flowsFromMs = undefined;
    if (this.#isFull(atMs)) {
      this.#fill(atMs);
      return;
    }
    this.#flowing = true;
    this.#starts += 1;
    this.#meter.setPower(atMs, supplyKw(this.spec, this.#amps));
  }

  /** Current ends; whether the car still wants it is another matter. */
  #cut(atMs: number): void {
    this.#flowsFromMs = undefined;
    this.#flowing = false;
    this.#meter.setPower(atMs, 0);
    this.sleep.touch(atMs);
  }

  #fill(atMs: number): void {
    this.#cut(atMs);
    this.#wants = false;
  }

  #apply(effect: Effect | undefined): void {
    if (!effect) return;
    const { atMs, visibleAtMs, change } = effect;
    const words = this.words(atMs);
    this.#hidden = { untilMs: Math.max(visibleAtMs, this.#hidden?.untilMs ?? 0), words };
    switch (change.what) {
      case "start":
        if (this.#session !== undefined && !this.#wants && !this.#isFull(atMs)) this.#begin(atMs);
        return;
      case "stop":
        this.#stop(atMs);
        return;
      case "amps":
        this.#amps = change.amps;
        if (this.#flowing) this.#meter.setPower(atMs, supplyKw(this.spec, change.amps));
        this.#planOwnStart(atMs, false);
        return;
      case "limit":
        this.#setLimit(atMs, change.percent);
        return;
      case "schedule": {
        const waited = this.#ownStartMs !== undefined;
        this.#schedule = change.schedule;
        this.#armed = true;
        this.#planOwnStart(atMs, waited && change.schedule.mode === "Off");
        return;
      }
    }
  }

  #stop(atMs: number): void {
    if (!this.#wants) return;
    this.#cut(atMs);
    this.#wants = false;
    this.#planOwnStart(atMs, false);
    // Stopped after its latest moment, the car obeys; before it, the schedule still has its say.
    if (this.#schedule.mode === "DepartBy" && this.#ownStartMs !== undefined && this.#ownStartMs <= atMs) {
      this.#armed = false;
      this.#ownStartMs = undefined;
    }
    const { restartsAfterStopMs } = this.#troubles;
    if (restartsAfterStopMs !== undefined)
      enter(this.#agenda, [{ atMs: atMs + restartsAfterStopMs, what: "self-start" }]);
  }

  #setLimit(atMs: number, percent: number): void {
    const wasFull = this.#isFull(atMs);
    this.#limitPercent = percent;
    if (this.#session === undefined) return;
    if (this.#wants) {
      if (this.#isFull(atMs)) this.#fill(atMs);
      return;
    }
    if (wasFull) this.#armed = true;
    this.#planOwnStart(atMs, wasFull);
  }

  #planOwnStart(atMs: number, justPluggedIn: boolean): void {
    this.#ownStartMs = undefined;
    const session = this.#session === undefined ? undefined : this.spec.sessions[this.#session];
    if (!session || this.#wants || !this.#armed || this.#isFull(atMs)) return;
    const missingKwh = kwhAt(this.spec, this.#limitPercent) - this.#meter.storedKwh(atMs);
    const chargingMs = (missingKwh / (supplyKw(this.spec, this.#amps) * this.spec.chargeEfficiency)) * HOUR_MS;
    this.#ownStartMs = ownStart(this.#schedule, {
      atMs,
      timeZone: this.spec.timeZone,
      departsAtMs: session.departsAt,
      durationMs: Math.ceil(chargingMs) + this.#startingMs(),
      justPluggedIn,
    });
  }
}
