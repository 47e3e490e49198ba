import { serveLoopback } from "../../../shared/integration/loopback.ts";
import { Cloud, type Request } from "./simulator-cloud.ts";
import { type FaultRule, Faults } from "./simulator-faults.ts";
import { Ledger, type LoggedCall } from "./simulator-ledger.ts";
import { Pump } from "./simulator-pump.ts";
import { badGatewayPage, CUT, json, type Reply } from "./simulator-reply.ts";
import type { PumpSpec, PumpTruth, SimulatorClock } from "./simulator-spec.ts";
import { Tokens } from "./simulator-tokens.ts";

type MyUplinkSimulatorOptions = {
  clock: SimulatorClock;
  pumps: readonly PumpSpec[];
  /** Same seed, pumps, rules and calls: same day. */
  seed: number;
  faults?: readonly FaultRule[];
  clientId: string;
  clientSecret: string;
};

export type MyUplinkSimulator = {
  /** Base of the API and of the login. */
  url: string;
  /** As after the customer's consent. */
  issueTokens(accountId: string): { accessToken: string; refreshToken: string; expiresInSeconds: number };
  /** What the pump really did until now, whatever its cloud told. */
  truth(deviceId: string): PumpTruth;
  /** As its owner would, at the pump or in the vendor's app. */
  ownerSets(deviceId: string, mode: string): void;
  calls(): LoggedCall[];
  /** The most calls that one login made in one minute. */
  mostPerMinute(): number;
  faultLog(): ReturnType<Faults["log"]>;
  stop(): Promise<void>;
};

/** myUplink's cloud with its heat pumps, on loopback, under the given clock. */
export async function startMyUplinkSimulator(options: MyUplinkSimulatorOptions): Promise<MyUplinkSimulator> {
  const { clock, seed } = options;
  const faults = new Faults(options.faults ?? [], seed);
  const pumps = options.pumps.map((spec) => new Pump(spec, clock.now(), seed));
  const ledger = new Ledger();
  const tokens = new Tokens(seed);
  const cloud = new Cloud({ clock, pumps, faults, ledger, tokens, seed });

  const renew = (request: Request): { reply: Reply; accountId?: string } => {
    if (faults.isOutage(clock.now())) return { reply: badGatewayPage() };
    const form = new URLSearchParams(request.body);
    if (form.get("client_id") !== options.clientId || form.get("client_secret") !== options.clientSecret)
      return { reply: json(400, { error: "unauthorized_client" }) };
    if (form.get("grant_type") !== "refresh_token") return { reply: json(400, { error: "unsupported_grant_type" }) };
    const accountId = tokens.spend(form.get("refresh_token") ?? "");
    if (accountId === undefined) return { reply: json(400, { error: "invalid_grant" }) };
    const issued = tokens.issue(accountId, clock.now());
    const isLost = faults.strike({ atMs: clock.now(), kind: "token", accountId }, (kind) => kind === "lost-rotation");
    const answer = {
      access_token: issued.accessToken,
      refresh_token: issued.refreshToken,
      expires_in: issued.expiresInSeconds,
      token_type: "Bearer",
      scope: "READSYSTEM WRITESYSTEM offline_access",
    };
    return { reply: isLost ? CUT : json(200, answer), accountId };
  };
  const token = (request: Request): Reply => {
    const { reply, accountId } = renew(request);
    const call = { atMs: clock.now(), kind: "token" as const, path: request.url.pathname, status: reply.status };
    ledger.log({ ...call, ...(accountId === undefined ? {} : { accountId }) });
    return reply;
  };

  const server = await serveLoopback((request) => {
    const isToken = request.method === "POST" && request.url.pathname === "/oauth/token";
    return isToken ? token(request) : cloud.answer(request);
  });

  const byId = new Map(pumps.map((pump) => [pump.spec.deviceId, pump]));
  const pumpOf = (deviceId: string): Pump => {
    const pump = byId.get(deviceId);
    if (!pump) throw new RangeError("no such pump in this simulator");
    pump.play(clock.now());
    return pump;
  };
  return {
    url: server.url,
    issueTokens: (accountId) => tokens.issue(accountId, clock.now()),
    truth(deviceId) {
      const pump = pumpOf(deviceId);
      const { mode, powerKw, waterC, roomC, storedKwh, starts, breaches } = pump;
      const nowMs = clock.now();
      const intervals = pump.intervals(nowMs);
      return { mode, lux: pump.isLux(nowMs), powerKw, waterC, roomC, storedKwh, starts, breaches, intervals };
    },
    ownerSets(deviceId, mode) {
      pumpOf(deviceId).queue({ atMs: clock.now(), visibleAtMs: clock.now(), change: { mode }, isOurs: false });
    },
    calls: () => ledger.calls(),
    mostPerMinute: () => ledger.mostPerMinute,
    faultLog: () => faults.log(clock.now()),
    stop: server.stop,
  };
}
