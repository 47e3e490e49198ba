import { createServer } from "node:http";
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

  const server = createServer((message, response) => {
    let body = "";
    message.setEncoding("utf8");
    message.on("data", (chunk: string) => {
      body += chunk;
    });
    message.on("end", () => {
      const url = new URL(message.url ?? "/", "http://127.0.0.1");
      const request = { method: message.method ?? "GET", url, authorization: message.headers.authorization, body };
      const isToken = request.method === "POST" && url.pathname === "/oauth/token";
      const reply = isToken ? token(request) : cloud.answer(request);
      if (reply.status === 0) {
        message.socket.destroy();
        return;
      }
      const length = reply.status === 204 ? {} : { "Content-Length": Buffer.byteLength(reply.body) };
      response.writeHead(reply.status, { ...reply.headers, ...length });
      response.end(reply.body);
    });
  });
  // Virtual nights have long silences in real seconds too: a connection closed meanwhile would look like a fault.
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the simulator has no port");

  const pumpOf = (deviceId: string): Pump => {
    const pump = pumps.find(({ spec }) => spec.deviceId === deviceId);
    if (!pump) throw new RangeError("no such pump in this simulator");
    pump.play(clock.now());
    return pump;
  };
  return {
    url: `http://127.0.0.1:${address.port}`,
    issueTokens: (accountId) => tokens.issue(accountId, clock.now()),
    truth(deviceId) {
      const pump = pumpOf(deviceId);
      const { mode, powerKw, waterC, roomC, starts, breaches } = pump;
      const nowMs = clock.now();
      const intervals = pump.intervals(nowMs);
      return { mode, lux: pump.isLux(nowMs), powerKw, waterC, roomC, starts, breaches, intervals };
    },
    ownerSets(deviceId, mode) {
      pumpOf(deviceId).queue({ atMs: clock.now(), visibleAtMs: clock.now(), change: { mode }, isOurs: false });
    },
    calls: () => ledger.calls(),
    mostPerMinute: () => ledger.mostPerMinute,
    faultLog: () => faults.log(clock.now()),
    async stop() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
