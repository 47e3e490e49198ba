import { between, draw } from "../../../shared/integration/simulation-random.ts";
import type { CallFault, CallKind, Faults } from "./simulator-faults.ts";
import type { Ledger } from "./simulator-ledger.ts";
import type { Plant, Settings, Told } from "./simulator-plant.ts";
import {
  BAD_GATEWAY_PAGE,
  CUT,
  EMPTY,
  EXPIRED,
  failure,
  json,
  NOT_TAKEN,
  type Reply,
  TAKEN,
  tooMany,
  unreached,
} from "./simulator-reply.ts";
import { TARGET_BOUNDS } from "./simulator-spec.ts";
import type { Access, Tokens } from "./simulator-tokens.ts";
import { toldFeatures } from "./simulator-told.ts";

export type Request = { method: string; path: string; authorization: string | undefined; body: string };

type Parts = {
  clock: { now(): number };
  plants: ReadonlyMap<string, Plant>;
  faults: Faults;
  ledger: Ledger;
  tokens: Tokens;
  seed: number;
  startMs: number;
  baseUrl: () => string;
};
type Answer = { reply: Reply; effective?: boolean };
type Visit = { atMs: number; plant: Plant; kind: CallKind; command: string | undefined; change: Change | undefined };
/** What a command would set, or the vendor's refusal of it. */
type Change = ((settings: Settings) => void) | Reply;

const PATH =
  /^\/iot\/v2\/features\/installations\/(\d+)\/gateways\/(\w+)\/devices\/([\w-]+)\/features\/(?:([\w.]+)\/commands\/(\w+))?$/;
const TEN_MINUTES_MS = 600_000;

/** The developer API's door: recognises the call and the customer, counts, lets faults strike, and acts. */
export class Cloud {
  readonly #parts: Parts;
  readonly #stuck = new Map<string, Told>();
  #serial = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  answer(request: Request): Reply {
    const atMs = this.#parts.clock.now();
    const [, installation, gateway, device, feature, name] = PATH.exec(request.path) ?? [];
    const kind: CallKind = request.method === "POST" ? "command" : "data";
    const command = feature && name ? `${feature}.${name}` : undefined;
    if (installation === undefined || (kind === "command") !== (command !== undefined)) {
      return failure(404, "NOT_FOUND", "no such path");
    }
    const pump = `${installation}/${gateway}/${device}`;
    const token = /^Bearer (.+)$/.exec(request.authorization ?? "")?.[1] ?? "";
    const access = this.#parts.tokens.accountOf(token, atMs);
    const { reply, effective } = this.#admit({ pump, kind, command, token, access, atMs, body: request.body });
    this.#parts.ledger.log({
      atMs,
      kind,
      path: request.path,
      status: reply.status,
      ...(access ? { accountId: access.accountId } : {}),
      ...(this.#parts.plants.has(pump) ? { pump } : {}),
      ...(command === undefined ? {} : { command }),
      ...(effective === undefined ? {} : { effective }),
    });
    return reply;
  }

  #admit(call: {
    pump: string;
    kind: CallKind;
    command: string | undefined;
    token: string;
    access: Access | undefined;
    atMs: number;
    body: string;
  }): Answer {
    const { faults, ledger, plants, tokens } = this.#parts;
    const { atMs, kind, command, access, pump } = call;
    if (faults.isOutage(atMs)) return { reply: BAD_GATEWAY_PAGE };
    if (!access) return { reply: failure(401, "UNAUTHORIZED", "invalid token") };
    if (access.expired) return { reply: EXPIRED };
    const refusal = ledger.admit(access.accountId, atMs);
    if (refusal) {
      const { name, limit, resetMs } = refusal;
      const isDay = name === "ViCare day limit";
      const span = isDay ? { atMs, endsAtMs: resetMs } : { atMs };
      faults.note({ ...span, kind: isDay ? "day-limit-reached" : "limit-reached", accountId: access.accountId });
      return { reply: tooMany(name, limit, resetMs) };
    }
    const plant = plants.get(pump);
    if (plant?.spec.accountId !== access.accountId) return { reply: failure(404, "DEVICE_NOT_FOUND", "not found") };
    plant.play(atMs);
    const change = command === undefined ? undefined : changeOf(command, call.body);
    const visit: Visit = { atMs, plant, kind, command, change };
    const fault = faults.strike({ atMs, pump, kind }, (one) => this.#isPossible(one, visit));
    if (fault === "token-expired-early") tokens.expireNow(call.token);
    return fault ? this.#fail(fault, visit) : this.#serve(visit);
  }

  #isPossible(fault: CallFault, { change, plant }: Visit): boolean {
    if (fault === "accepted-not-executed" || fault === "cut-after-acting" || fault === "refused")
      return typeof change === "function" && alters(plant, change);
    return true;
  }

  #serve(visit: Visit, distortion: { notExecutable?: boolean; stuckTank?: Told } = {}): Answer {
    const { atMs, plant, change } = visit;
    if (change === undefined) {
      const base = `${this.#parts.baseUrl()}/iot/v2/features`;
      const { notExecutable = false, stuckTank } = distortion;
      return { reply: json(200, toldFeatures(plant, this.#parts.startMs, base, { notExecutable, stuckTank })) };
    }
    if (typeof change !== "function") {
      const kind = change.status === 404 ? "unknown-feature" : "bad-request";
      this.#parts.faults.note({ atMs, pump: plant.spec.id, kind });
      return { reply: change, effective: false };
    }
    const effective = alters(plant, change);
    const delayMs = Math.round(between(5000, 60_000, draw(this.#parts.seed, "delay", plant.spec.id, this.#serial++)));
    plant.later(atMs + delayMs, change, true);
    return { reply: TAKEN, effective };
  }

  #fail(fault: CallFault, visit: Visit): Answer {
    const { atMs, plant, kind } = visit;
    const without = kind === "command" ? { effective: false } : {};
    switch (fault) {
      case "device-offline":
        return { reply: unreached("DEVICE_OFFLINE"), ...without };
      case "gateway-offline":
        return { reply: unreached("GATEWAY_OFFLINE"), ...without };
      case "backend-502":
        return { reply: unreached("INTERNAL_SERVER_ERROR", "502"), ...without };
      case "server-502":
        return { reply: failure(502, "BAD_GATEWAY", "bad gateway", { reason: "INTERNAL_SERVER_ERROR" }), ...without };
      case "html-502":
        return { reply: BAD_GATEWAY_PAGE, ...without };
      case "rate-limited":
        return { reply: tooMany("ViCare 10 minutes limit", 120, atMs + TEN_MINUTES_MS / 2), ...without };
      case "quota-exhausted":
        return { reply: tooMany("ViCare day limit", 1450, atMs + 6 * TEN_MINUTES_MS), ...without };
      case "token-expired-early":
        return { reply: EXPIRED, ...without };
      case "consent-withdrawn":
        return { reply: failure(403, "FORBIDDEN", "the user withdrew the consent"), ...without };
      case "cut-after-acting":
        return { ...this.#serve(visit), reply: CUT };
      case "empty-200":
        return { ...this.#serve(visit), reply: EMPTY };
      case "accepted-not-executed":
        return { reply: TAKEN, effective: false };
      case "refused":
        return { reply: NOT_TAKEN, effective: false };
      case "not-executable":
        return this.#serve(visit, { notExecutable: true });
      case "stuck-tank": {
        const stuckTank = this.#stuck.get(plant.spec.id) ?? plant.told("hotWaterC");
        this.#stuck.set(plant.spec.id, stuckTank);
        return this.#serve(visit, { stuckTank });
      }
    }
  }
}

function alters(plant: Plant, change: (settings: Settings) => void): boolean {
  const before = plant.expected();
  const after = { ...before };
  change(after);
  return after.targetC !== before.targetC || after.charging !== before.charging;
}

function changeOf(command: string, body: string): Change {
  switch (command) {
    case "heating.dhw.oneTimeCharge.activate":
      return (settings) => {
        settings.charging = true;
      };
    case "heating.dhw.oneTimeCharge.deactivate":
      return (settings) => {
        settings.charging = false;
      };
    case "heating.dhw.temperature.main.setTargetTemperature": {
      const temperature = numberIn(body, "temperature");
      const { min, max, stepping } = TARGET_BOUNDS;
      if (temperature === undefined || temperature < min || temperature > max || (temperature - min) % stepping !== 0)
        return failure(400, "VALIDATION_ERROR", "temperature is out of range");
      return (settings) => {
        settings.targetC = temperature;
      };
    }
    default:
      return failure(404, "FEATURE_NOT_FOUND", "feature not found");
  }
}

function numberIn(text: string, name: string): number | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const found =
      typeof value === "object" && value !== null ? Object.entries(value).find(([key]) => key === name) : [];
    return typeof found?.[1] === "number" ? found[1] : undefined;
  } catch {
    return undefined;
  }
}
