import { epochMs, instant } from "../../../shared/domain/instant.ts";
import { nextLocalTime } from "../../../shared/zone.ts";
import type { Breach, Interval, PumpSpec, PumpTruth } from "./simulator-spec.ts";

const STEP_MS = 10_000;
const HOUR_MS = 3_600_000;
/** A compressor neither stops nor starts again sooner: each start costs life. */
const LEAST_MS = 10 * 60_000;
/** Below its target by this, a tank is heated again, K. */
const HYSTERESIS_K = 4;
const LOSS_K_PER_HOUR = 0.35;
const SHOWER_K_PER_HOUR = 6;
/** Turns a second, heating the tank or, out of a least run, the rooms. */
const TANK_SPEED = 60;
const ROOM_SPEED = 30;
const FULL_SPEED = 90;
/** Kelvins of a 200-litre tank for each kWh, at three units of heat for one of electricity. */
const K_PER_KWH = 3 / 0.2326;

/** Past the band by less than this is a control's own overshoot, K. */
const BAND_WITHIN_K = 0.2;

/** A change that the device makes some seconds after its cloud took it. */
type Pending = { atMs: number; apply: (settings: Settings) => void; isOurs: boolean };

/** What commands set. */
export type Settings = { targetC: number; charging: boolean };

/** One value as the device tells it, and when it last changed. */
export type Told = { value: number | boolean; atMs: number };

/** A heat pump with its tank, in steps on a fixed grid: when it is looked at makes no difference to it. */
export class Plant {
  readonly spec: PumpSpec;
  targetC: number;
  charging = false;
  #tankC: number;
  #heating = false;
  #speed = 0;
  #switchedAtMs = Number.NEGATIVE_INFINITY;
  #atMs: number;
  #supplyC = 28;
  #dayKwh = 0;
  #midnightMs: number;
  #starts = 0;
  #lowestC: number;
  #highestC: number;
  #pending: Pending[] = [];
  /** From a command of ours until the owner's own setting is back, or the owner sets another. */
  #isHeldByUs = false;
  #isOutside = false;
  readonly #breaches: Breach[] = [];
  readonly #intervals: Interval[] = [];
  readonly #told = new Map<string, Told>();

  constructor(spec: PumpSpec, startMs: number) {
    this.spec = spec;
    this.targetC = spec.ownTargetC;
    this.#tankC = spec.initialHotWaterC;
    this.#lowestC = this.#tankC;
    this.#highestC = this.#tankC;
    this.#atMs = startMs;
    this.#midnightMs = nextMidnight(startMs, spec.timeZone);
    this.#tell();
  }

  later(atMs: number, apply: Pending["apply"], isOurs: boolean): void {
    this.#pending.push({ atMs, apply, isOurs });
  }

  /** What it will be told to be when all that was taken is done. */
  expected(): Settings {
    const after = { targetC: this.targetC, charging: this.charging };
    for (const { apply } of this.#pending) apply(after);
    return after;
  }

  play(nowMs: number): void {
    while (this.#atMs + STEP_MS <= nowMs) this.#step();
  }

  told(name: string): Told {
    const told = this.#told.get(name);
    if (!told) throw new RangeError(`${name} is not told`);
    return told;
  }

  truth(nowMs: number): PumpTruth {
    this.play(nowMs);
    return {
      hotWaterC: this.#tankC,
      storedKwh: this.#tankC / K_PER_KWH,
      targetC: this.targetC,
      charging: this.charging,
      compressorOn: this.#speed > 0,
      powerKw: this.#powerKw(),
      intervals: this.#intervals,
      starts: this.#starts,
      lowestC: this.#lowestC,
      highestC: this.#highestC,
      breaches: this.#breaches,
    };
  }

  #step(): void {
    const hours = STEP_MS / HOUR_MS;
    const powerKw = this.#powerKw();
    this.#meter(powerKw);
    if (this.#speed === TANK_SPEED) this.#tankC += powerKw * hours * K_PER_KWH;
    this.#tankC -= LOSS_K_PER_HOUR * hours;
    if (this.spec.draws && isShowerTime(this.#atMs)) this.#tankC -= SHOWER_K_PER_HOUR * hours;
    this.#lowestC = Math.min(this.#lowestC, this.#tankC);
    this.#highestC = Math.max(this.#highestC, this.#tankC);
    // Pipes warm and cool with what the compressor does, towards the room in the end.
    const towardsC = this.#speed > 0 ? 48 : 21;
    this.#supplyC += (towardsC - this.#supplyC) * 0.004;
    this.#atMs += STEP_MS;

    const due = this.#pending.filter(({ atMs }) => atMs <= this.#atMs);
    this.#pending = this.#pending.filter(({ atMs }) => atMs > this.#atMs);
    for (const { apply, isOurs } of due) {
      apply(this);
      this.#isHeldByUs = isOurs;
    }
    this.#watchComfort();
    this.#control();
    this.#dayKwh += powerKw * hours;
    if (this.#atMs >= this.#midnightMs) {
      this.#dayKwh = 0;
      this.#midnightMs = nextMidnight(this.#atMs, this.spec.timeZone);
    }
    this.#tell();
  }

  #control(): void {
    if (this.#tankC >= this.targetC) {
      this.#heating = false;
      this.charging = false;
    } else if (this.charging || this.#tankC <= this.targetC - HYSTERESIS_K) this.#heating = true;
    const settled = this.#atMs - this.#switchedAtMs >= LEAST_MS;
    const isOn = this.#speed > 0;
    if (isOn !== this.#heating && settled) {
      this.#switchedAtMs = this.#atMs;
      if (this.#heating) this.#starts += 1;
      this.#speed = this.#heating ? TANK_SPEED : 0;
    } else if (isOn) this.#speed = this.#heating ? TANK_SPEED : ROOM_SPEED;
  }

  /** Left to itself the tank keeps its owner's target, which lies in the band: outside of it, it is held by us. */
  #watchComfort(): void {
    const { hotWaterMinC, hotWaterMaxC } = this.spec;
    const isBelow = this.#tankC < hotWaterMinC - BAND_WITHIN_K;
    const isOutside = isBelow || this.#tankC > hotWaterMaxC + BAND_WITHIN_K;
    if (isOutside && !this.#isOutside && this.#isHeldByUs) {
      const side = isBelow ? `below ${hotWaterMinC}` : `above ${hotWaterMaxC}`;
      this.#breaches.push({ atMs: this.#atMs, detail: `hot water at ${tenths(this.#tankC)} °C, ${side} °C` });
    }
    this.#isOutside = isOutside;
    if (!isOutside && !this.charging && this.targetC === this.spec.ownTargetC) this.#isHeldByUs = false;
  }

  #powerKw(): number {
    return (this.spec.ratedPowerKw * this.#speed) / FULL_SPEED;
  }

  #meter(powerKw: number): void {
    if (powerKw === 0) return;
    const last = this.#intervals.at(-1);
    const endsAtMs = this.#atMs + STEP_MS;
    if (last && last.endsAtMs === this.#atMs && last.powerKw === powerKw) last.endsAtMs = endsAtMs;
    else this.#intervals.push({ startsAtMs: this.#atMs, endsAtMs, powerKw });
  }

  #tell(): void {
    const dayShare = (this.#atMs % (24 * HOUR_MS)) / (24 * HOUR_MS);
    const sun = Math.sin(2 * Math.PI * (dayShare - 0.375));
    this.#say("charging", this.charging);
    this.#say("targetC", this.targetC);
    this.#say("hotWaterC", tenths(this.#tankC));
    this.#say("supplyC", tenths(this.#supplyC));
    this.#say("outdoorC", tenths(7 + 4 * sun));
    this.#say("roomC", tenths(20.5 + 0.6 * sun));
    this.#say("active", this.#speed > 0);
    this.#say("speed", this.#speed);
    this.#say("watt", Math.round(this.#powerKw() * 1000));
    this.#say("dayKwh", tenths(this.#dayKwh));
  }

  #say(name: string, value: number | boolean): void {
    if (this.#told.get(name)?.value !== value) this.#told.set(name, { value, atMs: this.#atMs });
  }
}

function isShowerTime(atMs: number): boolean {
  const hour = (atMs % (24 * HOUR_MS)) / HOUR_MS;
  return (hour >= 6.5 && hour < 7) || (hour >= 19 && hour < 19.5);
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}

function nextMidnight(afterMs: number, zone: string): number {
  return epochMs(nextLocalTime(instant(afterMs), zone, "00:00"));
}
