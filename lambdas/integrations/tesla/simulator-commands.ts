import { betweenMs, draw } from "../../../shared/integration/simulation-random.ts";
import type { Car } from "./simulator-car.ts";
import type { Change, OwnSchedule } from "./simulator-spec.ts";

const MINUTE_MS = 60_000;
/** Below this a car's handling of the current is odd. */
const LEAST_SOUND_AMPS = 5;

/** What the car says to a command, and what it will do about it. */
export type Verdict = { result: boolean; reason: string; change?: Change } | { badRequest: string };

const ACCEPTED = { result: true, reason: "" } as const;
const refused = (reason: string): Verdict => ({ result: false, reason });

/** The cars' ears. A car remembers the last low current asked for: asked once it is ignored, asked again it is taken. */
export class CommandDesk {
  readonly #seed: number;
  readonly #lowAmpsAsked = new Map<string, number>();
  readonly #carriedOut = new Map<string, number>();

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Undefined for a command this cloud does not know. */
  judge(car: Car, command: string, body: Record<string, unknown>): Verdict | undefined {
    const intent = car.intent();
    switch (command) {
      case "charge_start": {
        const phase = car.phase();
        if (phase === "disconnected") return refused("disconnected");
        if (phase === "complete") return refused("complete");
        if (intent.charge) return refused(phase === "charging" ? "is_charging" : "requested");
        return { ...ACCEPTED, change: { what: "start" } };
      }
      case "charge_stop":
        return intent.charge ? { ...ACCEPTED, change: { what: "stop" } } : refused("not_charging");
      case "set_charging_amps":
        return this.#judgeAmps(car, body.charging_amps, intent.requestedA);
      case "set_charge_limit": {
        const { percent } = body;
        if (!isWhole(percent, 50, 100)) return { badRequest: "percent must be between 50 and 100" };
        if (percent === intent.limitPercent) return refused("already_set");
        return { ...ACCEPTED, change: { what: "limit", percent } };
      }
      case "set_scheduled_charging": {
        if (typeof body.enable !== "boolean") return { badRequest: "enable is missing" };
        if (!body.enable) return scheduled({ mode: "Off" });
        if (!isWhole(body.time, 0, 1439)) return { badRequest: "time must be minutes after midnight" };
        return scheduled({ mode: "StartAt", minutesAfterLocalMidnight: body.time });
      }
      case "set_scheduled_departure": {
        if (typeof body.enable !== "boolean") return { badRequest: "enable is missing" };
        if (!body.enable) return scheduled({ mode: "Off" });
        const departureMinutes = body.departure_time;
        if (!isWhole(departureMinutes, 0, 1439)) return { badRequest: "departure_time must be minutes after midnight" };
        const marginMinutes = car.spec.ownSchedule.mode === "DepartBy" ? car.spec.ownSchedule.marginMinutes : 0;
        return scheduled({ mode: "DepartBy", marginMinutes, departureMinutes });
      }
      default:
        return undefined;
    }
  }

  /** Lets the car do it: within seconds, seen by the cloud later still; or minutes late, which nobody announced. */
  carryOut(car: Car, change: Change, nowMs: number, late: boolean): void {
    const { vin } = car.spec;
    const count = this.#carriedOut.get(vin) ?? 0;
    this.#carriedOut.set(vin, count + 1);
    const about = [vin, "command", count] as const;
    const lateMs = late ? betweenMs(2 * MINUTE_MS, 6 * MINUTE_MS, draw(this.#seed, ...about, "late")) : 0;
    car.queue({
      atMs: nowMs + lateMs + betweenMs(1_000, 5_000, draw(this.#seed, ...about, "acts")),
      visibleAtMs: nowMs + lateMs + betweenMs(5_000, 30_000, draw(this.#seed, ...about, "seen")),
      change,
      unannounced: late,
    });
  }

  #judgeAmps(car: Car, amps: unknown, requestedA: number): Verdict {
    if (!isWhole(amps, 0, 80)) return { badRequest: "charging_amps must be a whole number" };
    const { vin } = car.spec;
    const askedBefore = this.#lowAmpsAsked.get(vin) === amps;
    this.#lowAmpsAsked.delete(vin);
    const taken = Math.min(amps, car.spec.maxCurrentA);
    if (taken === requestedA) return refused("already_set");
    // https://github.com/teslamotors/vehicle-command/issues/256
    if (amps < LEAST_SOUND_AMPS && !askedBefore) {
      this.#lowAmpsAsked.set(vin, amps);
      return ACCEPTED;
    }
    return { ...ACCEPTED, change: { what: "amps", amps: taken } };
  }
}

function scheduled(schedule: OwnSchedule): Verdict {
  return { ...ACCEPTED, change: { what: "schedule", schedule } };
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= least && value <= most;
}

/** What the car will do after a verdict, if anything. */
export function changeOf(verdict: Verdict | undefined): Change | undefined {
  return verdict && "result" in verdict ? verdict.change : undefined;
}
