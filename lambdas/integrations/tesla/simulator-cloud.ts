import type { Car } from "./simulator-car.ts";
import { type CommandDesk, changeOf } from "./simulator-commands.ts";
import type { Faults } from "./simulator-faults.ts";
import { ASLEEP_TEXTS, failure, json, type Reply } from "./simulator-reply.ts";
import type { Answer, Visit } from "./simulator-route.ts";
import { toldChargeState, toldState, toldVehicle, toldVehicleConfig, unreachableState } from "./simulator-told.ts";

const MINUTE_MS = 60_000;
/** A reading this old may be told again as if it were new. */
const STALE_AFTER_MS = 20 * MINUTE_MS;
const KEEP_READING_EVERY_MS = 10 * MINUTE_MS;

type Parts = {
  cars: readonly Car[];
  commands: CommandDesk;
  faults: Faults;
  seed: number;
  baseUrl: () => string;
};

/** What the cloud does and says when nothing goes wrong. */
export class Cloud {
  readonly #parts: Parts;
  readonly #readings = new Map<string, { atMs: number; reply: Reply }[]>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  serve(visit: Visit): Answer {
    const { route, car } = visit;
    switch (route.what) {
      case "region":
        return { reply: json(200, { response: { region: "eu", fleet_api_base_url: this.#parts.baseUrl() } }) };
      case "list":
        return { reply: this.#list(visit) };
      case "vehicle":
        return { reply: car ? this.#vehicle(car, visit.atMs) : failure(404, "not_found") };
      case "vehicle_data":
        return { reply: car ? this.#data(car, visit) : failure(404, "not_found") };
      case "wake_up":
        return car ? this.#wake(car, visit.atMs) : { reply: failure(404, "not_found") };
      case "command":
        return this.#command(visit);
    }
  }

  /** Lets the car do what it was told; answers whether that changes anything. */
  act({ atMs, car, verdict }: Visit, late: boolean): boolean {
    if (!car) return false;
    car.sleep.touch(atMs);
    const change = changeOf(verdict);
    if (change) this.#parts.commands.carryOut(car, change, atMs, late);
    return change !== undefined;
  }

  staleReading(car: Car | undefined, atMs: number): Reply | undefined {
    const kept = (car && this.#readings.get(car.spec.vin)) ?? [];
    return kept.findLast((reading) => atMs - reading.atMs >= STALE_AFTER_MS)?.reply;
  }

  /** The vehicle, said to be out of reach whatever is true. */
  unreachableVehicle(car: Car): Reply {
    return json(200, { response: toldVehicle(car, unreachableState(car, this.#parts.seed)) });
  }

  #vehicle(car: Car, atMs: number): Reply {
    return json(200, { response: toldVehicle(car, toldState(car, atMs, this.#parts.seed)) });
  }

  #data(car: Car, { atMs, request }: Visit): Reply {
    if (car.connectivity(atMs) !== "online") return failure(408, ASLEEP_TEXTS[0]);
    car.sleep.touch(atMs);
    const wanted = request.url.searchParams.get("endpoints")?.split(";");
    const has = (endpoint: string) => !wanted || wanted.includes(endpoint);
    const reply = json(200, {
      response: {
        ...toldVehicle(car, "online"),
        ...(has("charge_state") ? { charge_state: toldChargeState(car, atMs, this.#parts.seed) } : {}),
        ...(has("vehicle_config") ? { vehicle_config: toldVehicleConfig(car, atMs) } : {}),
      },
    });
    this.#keepReading(car.spec.vin, atMs, reply);
    return reply;
  }

  #wake(car: Car, atMs: number): Answer {
    const { seed } = this.#parts;
    const before = car.connectivity(atMs);
    if (before === "asleep") car.sleep.wake(atMs);
    if (before === "online") car.sleep.touch(atMs);
    // At once, which is before the car is up: the answer usually still says asleep.
    const reply = json(200, { response: toldVehicle(car, toldState(car, atMs, seed)), error: null });
    return { reply, effective: before === "asleep" };
  }

  #command(visit: Visit): Answer {
    const { atMs, car, verdict } = visit;
    if (!car || !verdict) return { reply: failure(404, "not_found"), effective: false };
    if ("badRequest" in verdict) return { reply: failure(400, verdict.badRequest), effective: false };
    const connectivity = car.connectivity(atMs);
    if (connectivity === "waking" && car.sleep.isFinishingWakeUp(atMs)) {
      return { reply: failure(500, "vehicle busy or finishing wake-up"), effective: false };
    }
    if (connectivity !== "online") return { reply: failure(408, ASLEEP_TEXTS[0]), effective: false };
    const { result, reason } = verdict;
    return { reply: json(200, { response: { result, reason } }), effective: this.act(visit, false) };
  }

  #list({ atMs, accountId, request }: Visit): Reply {
    const { faults, seed } = this.#parts;
    const cars = this.#parts.cars.filter(({ spec }) => spec.accountId === accountId);
    const perPage = Math.max(1, Number(request.url.searchParams.get("per_page")) || 100);
    const page = Math.max(1, Number(request.url.searchParams.get("page")) || 1);
    const pages = Math.max(1, Math.ceil(cars.length / perPage));
    const response = cars.slice((page - 1) * perPage, page * perPage).map((car) => {
      car.play(atMs);
      const isCharging = car.phase() === "charging";
      const call = { atMs, kind: "state" as const, vin: car.spec.vin };
      const lie = faults.strike(call, (kind) => kind === "unreachable-while-charging" && isCharging);
      return toldVehicle(car, lie ? unreachableState(car, seed) : toldState(car, atMs, seed));
    });
    const pagination = {
      previous: page > 1 ? page - 1 : null,
      next: page < pages ? page + 1 : null,
      current: page,
      per_page: perPage,
      count: cars.length,
      pages,
    };
    return json(200, { response, pagination, count: response.length });
  }

  #keepReading(vin: string, atMs: number, reply: Reply): void {
    const kept = this.#readings.get(vin) ?? [];
    const last = kept.at(-1);
    if (last && atMs - last.atMs < KEEP_READING_EVERY_MS) return;
    this.#readings.set(vin, [...kept.slice(-3), { atMs, reply }]);
  }
}
