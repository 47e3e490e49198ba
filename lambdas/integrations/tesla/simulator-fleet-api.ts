import { draw } from "../../../shared/integration/simulation-random.ts";
import type { Car } from "./simulator-car.ts";
import type { Cloud } from "./simulator-cloud.ts";
import type { CommandDesk } from "./simulator-commands.ts";
import { fail, isPossible } from "./simulator-failing.ts";
import type { Faults } from "./simulator-faults.ts";
import type { Ledger } from "./simulator-ledger.ts";
import { badGatewayPage, failure, type Reply, unavailable } from "./simulator-reply.ts";
import { type Answer, bodyOf, type Request, type Route, routeOf, type Visit } from "./simulator-route.ts";
import type { SimulatorClock } from "./simulator-spec.ts";
import type { Tokens } from "./simulator-tokens.ts";

type Parts = {
  clock: SimulatorClock;
  cars: readonly Car[];
  cloud: Cloud;
  commands: CommandDesk;
  faults: Faults;
  ledger: Ledger;
  tokens: Tokens;
  seed: number;
  billingLimitUsd: number | undefined;
  /** Named as the right one by a wrong-region answer: a client must never be sent off this machine. */
  baseUrl: () => string;
};

type Access = { accountId: string; expired: boolean; token: string };

/** The Fleet API's door: recognises the call and the customer, counts, lets faults strike, and writes the bill. */
export class FleetApi {
  readonly #parts: Parts;
  readonly #byTag = new Map<string, Car>();
  readonly #serials = new Map<string, number>();

  constructor(parts: Parts) {
    this.#parts = parts;
    for (const car of parts.cars) {
      this.#byTag.set(car.spec.vin, car);
      this.#byTag.set(String(car.id), car);
    }
  }

  answer(request: Request): Reply {
    const atMs = this.#parts.clock.now();
    const route = routeOf(request);
    if (!route) return failure(404, "not_found");
    const car = "tag" in route ? this.#byTag.get(route.tag) : undefined;
    const access = this.#access(request, atMs);
    const { reply, effective } = this.#admit(request, route, car, access, atMs);
    this.#parts.ledger.log({
      atMs,
      kind: route.kind,
      path: request.url.pathname,
      status: reply.status,
      ...(access ? { accountId: access.accountId } : {}),
      ...(car ? { vin: car.spec.vin } : {}),
      ...("command" in route ? { command: route.command } : {}),
      ...(effective === undefined ? {} : { effective }),
    });
    return reply;
  }

  #access({ authorization }: Request, atMs: number): Access | undefined {
    const token = /^Bearer (.+)$/i.exec(authorization ?? "")?.[1];
    const access = token === undefined ? undefined : this.#parts.tokens.accountOf(token, atMs);
    return access && token !== undefined ? { ...access, token } : undefined;
  }

  #admit(request: Request, route: Route, car: Car | undefined, access: Access | undefined, atMs: number): Answer {
    const { faults, ledger, seed } = this.#parts;
    const serial = this.#serial(car?.spec.vin ?? access?.accountId ?? "");
    if (faults.isOutage(atMs)) {
      const page = draw(seed, "outage", car?.spec.vin ?? "", serial) < 0.5;
      return { reply: page ? badGatewayPage() : unavailable() };
    }
    // The signing proxy, which commands go through, refuses a request without a token by itself.
    if (!request.authorization) return { reply: failure(route.kind === "command" ? 403 : 401, "missing bearer token") };
    if (!access) return { reply: failure(401, "invalid bearer token") };
    if (access.expired) return { reply: failure(401, "token expired (401)") };
    if ("tag" in route && car?.spec.accountId !== access.accountId) return { reply: failure(404, "not_found") };
    if (ledger.totalUsd >= (this.#parts.billingLimitUsd ?? Number.POSITIVE_INFINITY)) {
      return { reply: failure(429, "Account disabled: EXCEEDED_LIMIT") };
    }
    const allowance = car && ledger.allow(car.spec.vin, route.kind, atMs);
    if (allowance && !allowance.allowed) return { reply: failure(429, "Rate limit exceeded", allowance.headers) };

    const visit = this.#visit(request, route, car, access.accountId, atMs, serial);
    if (route.what === "command" && !visit.verdict) return { reply: failure(404, "not_found") };
    const { reply, effective } = this.#answer(visit, access.token);
    return {
      reply: { ...reply, headers: { ...allowance?.headers, ...reply.headers } },
      ...(effective === undefined ? {} : { effective }),
    };
  }

  #visit(request: Request, route: Route, car: Car | undefined, accountId: string, atMs: number, serial: number): Visit {
    car?.play(atMs);
    const isCommand = car && route.what === "command";
    const verdict = isCommand ? this.#parts.commands.judge(car, route.command, bodyOf(request.body)) : undefined;
    return { atMs, route, request, accountId, car, verdict, serial };
  }

  #answer(visit: Visit, accessToken: string): Answer {
    const { cloud, faults, tokens, seed, baseUrl } = this.#parts;
    const { atMs, accountId, car, route, serial } = visit;
    const vin = car?.spec.vin;
    const call = {
      atMs,
      kind: route.kind,
      accountId,
      ...(vin === undefined ? {} : { vin }),
      ...("command" in route ? { command: route.command } : {}),
    };
    const fault = faults.strike(call, (kind) => isPossible(kind, visit, cloud));
    if (!fault) return cloud.serve(visit);
    if (fault === "token-expired-early") tokens.expireNow(accessToken);
    return fail(fault, visit, cloud, draw(seed, "detail", vin ?? accountId, serial), baseUrl());
  }

  #serial(about: string): number {
    const serial = this.#serials.get(about) ?? 0;
    this.#serials.set(about, serial + 1);
    return serial;
  }
}
