import { between, draw } from "../../../shared/integration/simulation-random.ts";
import type { Breach, PowerInterval, PumpSpec } from "./simulator-spec.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** A compressor that starts and stops more often than this wears out. */
const SHORTEST_RUN_MINUTES = 12;
const SHORTEST_REST_MINUTES = 12;
const LUX_LASTS_MS = 3 * HOUR_MS;
/** 180 litres at 9 kW of heat; what standing and a tap take of it. */
const WATER_HEATS_C = 0.7;
const WATER_COOLS_C = 0.006;
const TAP_TAKES_C = 0.12;
const ROOM_HEATS_C = 0.02;
const ROOM_LOSES = 0.00045;

/** Past the band by less than this is a control's own overshoot, K. */
const BAND_WITHIN_K = 0.2;

/** What a pump can be told. */
export type Change = { mode: string } | { lux: boolean };
type Effect = { atMs: number; visibleAtMs: number; change: Change; isOurs: boolean };
type Task = "off" | "water" | "rooms";

/** A heat pump and its house, by the minute: nothing happens because somebody looks. */
export class Pump {
  readonly spec: PumpSpec;
  readonly #seed: number;
  readonly #effects: Effect[] = [];
  readonly #shown: { fromMs: number; change: Change }[] = [];
  readonly #closed: PowerInterval[] = [];
  #minuteMs: number;
  #openedMs = 0;
  #task: Task = "off";
  #taskSinceMs: number;
  mode = "Default";
  #luxUntilMs = Number.NEGATIVE_INFINITY;
  waterC: number;
  roomC: number;
  outdoorC = 5;
  starts = 0;
  readonly breaches: Breach[] = [];
  /** From a command of ours until the owner's own mode is back, or the owner sets another. */
  #isHeldByUs = false;
  readonly #outside = new Set<"hot water" | "rooms">();

  constructor(spec: PumpSpec, startMs: number, seed: number) {
    this.spec = spec;
    this.#seed = seed;
    this.#minuteMs = Math.floor(startMs / MINUTE_MS) * MINUTE_MS;
    this.#taskSinceMs = this.#minuteMs - HOUR_MS;
    this.waterC = spec.waterMinC + between(5, 8, draw(seed, spec.deviceId, "water"));
    this.roomC = spec.roomC + between(-0.2, 0.4, draw(seed, spec.deviceId, "room"));
  }

  get task(): Task {
    return this.#task;
  }

  get powerKw(): number {
    return this.#drawsKw(this.#task);
  }

  get storedKwh(): number {
    const kwhPerMinute = (task: Task) => (this.#drawsKw(task) * MINUTE_MS) / HOUR_MS;
    return (this.waterC / WATER_HEATS_C) * kwhPerMinute("water") + (this.roomC / ROOM_HEATS_C) * kwhPerMinute("rooms");
  }

  #drawsKw(task: Task): number {
    if (task === "off") return 0;
    return this.spec.ratedPowerKw * (task === "water" ? 0.9 : 0.6);
  }

  get frequencyHz(): number {
    return this.#task === "off" ? 0 : this.#task === "water" ? 108 : 72;
  }

  get taskSinceMs(): number {
    return this.#taskSinceMs;
  }

  isLux(nowMs: number): boolean {
    return nowMs < this.#luxUntilMs;
  }

  /** What is wanted once everything told has worked. */
  intended(nowMs: number): { mode: string; lux: boolean } {
    const intended = { mode: this.mode, lux: this.isLux(nowMs) };
    for (const { change } of this.#effects) Object.assign(intended, change);
    return intended;
  }

  /** Changes work and show in the order in which they were told. */
  queue({ atMs, visibleAtMs, change, isOurs }: Effect): void {
    this.#effects.push({ atMs: Math.max(atMs, this.#effects.at(-1)?.atMs ?? 0), visibleAtMs, change, isOurs });
    this.#shown.push({ fromMs: Math.max(visibleAtMs, this.#shown.at(-1)?.fromMs ?? 0), change });
  }

  /** What the cloud shows, which lags behind. Lux that ended by itself shows at once. */
  shown(nowMs: number): { mode: string; lux: boolean } {
    const shown = { mode: "Default", lux: false };
    for (const { fromMs, change } of this.#shown) if (fromMs <= nowMs) Object.assign(shown, change);
    const isOver = nowMs >= this.#luxUntilMs && !this.#effects.some(({ change }) => "lux" in change);
    return { mode: shown.mode, lux: shown.lux && !isOver };
  }

  play(nowMs: number): void {
    while (this.#minuteMs + MINUTE_MS <= nowMs) {
      this.#minuteMs += MINUTE_MS;
      this.#minute(this.#minuteMs);
    }
  }

  intervals(nowMs: number): PowerInterval[] {
    this.play(nowMs);
    if (this.#task === "off" || nowMs <= this.#openedMs) return [...this.#closed];
    return [...this.#closed, { startsAtMs: this.#openedMs, endsAtMs: nowMs, powerKw: this.powerKw }];
  }

  #minute(atMs: number): void {
    while (this.#effects[0] && this.#effects[0].atMs <= atMs) {
      const { change, isOurs } = this.#effects.shift() ?? {};
      if (change && "mode" in change) this.mode = change.mode;
      if (change && "lux" in change) this.#luxUntilMs = change.lux ? atMs + LUX_LASTS_MS : Number.NEGATIVE_INFINITY;
      this.#isHeldByUs = isOurs ?? false;
    }
    const hour = (atMs / HOUR_MS) % 24;
    const noise = draw(this.#seed, this.spec.deviceId, "outdoor", Math.floor(atMs / (10 * MINUTE_MS)));
    this.outdoorC = 5 + 4 * Math.sin(((hour - 9) / 24) * 2 * Math.PI) + noise * 0.4;
    const tapped = (hour >= 7 && hour < 7.6) || (hour >= 19 && hour < 19.6) ? TAP_TAKES_C : 0;
    this.waterC += (this.#task === "water" ? WATER_HEATS_C : 0) - WATER_COOLS_C - tapped;
    this.roomC += (this.#task === "rooms" ? ROOM_HEATS_C : 0) - ROOM_LOSES * (this.roomC - this.outdoorC);
    this.#watchComfort(atMs);
    this.#choose(atMs);
  }

  #watchComfort(atMs: number): void {
    const {
      waterMinC,
      waterMaxC,
      roomMinC = Number.NEGATIVE_INFINITY,
      roomMaxC = Number.POSITIVE_INFINITY,
    } = this.spec;
    this.#watch(atMs, "hot water", this.waterC, waterMinC, waterMaxC);
    this.#watch(atMs, "rooms", this.roomC, roomMinC, roomMaxC);
    if (this.#outside.size === 0 && this.mode === "Default" && !this.isLux(atMs)) this.#isHeldByUs = false;
  }

  #watch(atMs: number, what: "hot water" | "rooms", nowC: number, minC: number, maxC: number): void {
    const isBelow = nowC < minC - BAND_WITHIN_K;
    if (!isBelow && nowC <= maxC + BAND_WITHIN_K) {
      this.#outside.delete(what);
      return;
    }
    if (this.#isHeldByUs && !this.#outside.has(what))
      this.breaches.push({
        atMs,
        detail: `${what} at ${nowC.toFixed(1)} °C, ${isBelow ? `below ${minC}` : `above ${maxC}`} °C`,
      });
    this.#outside.add(what);
  }

  #choose(atMs: number): void {
    const { waterMinC, waterMaxC, roomC } = this.spec;
    const isAway = this.mode === "Away" || this.mode === "Vacation";
    const water = this.isLux(atMs)
      ? { from: waterMaxC - 5, to: waterMaxC - 1 }
      : isAway
        ? { from: waterMinC + 1, to: waterMinC + 4 }
        : { from: waterMinC + 4, to: waterMinC + 9 };
    const room = roomC - (isAway ? 1 : 0);
    const minutes = (atMs - this.#taskSinceMs) / MINUTE_MS;
    if (this.#task === "off") {
      if (minutes < SHORTEST_REST_MINUTES) return;
      if (this.waterC < water.from) this.#begin(atMs, "water");
      else if (this.roomC < room - 0.3) this.#begin(atMs, "rooms");
      return;
    }
    // Water that is as hot as it may be ends a run, however short.
    if (minutes < SHORTEST_RUN_MINUTES && this.waterC < waterMaxC - 0.5) return;
    if (this.#task === "water" ? this.waterC >= water.to : this.roomC >= room + 0.3) this.#begin(atMs, "off");
    else if (this.#task === "rooms" && this.waterC < water.from) this.#begin(atMs, "water");
  }

  #begin(atMs: number, task: Task): void {
    if (this.#task !== "off") this.#closed.push({ startsAtMs: this.#openedMs, endsAtMs: atMs, powerKw: this.powerKw });
    else this.starts += 1;
    this.#openedMs = atMs;
    this.#task = task;
    this.#taskSinceMs = atMs;
  }
}
