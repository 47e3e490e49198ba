import { createServer } from "node:http";
import { Cloud } from "./simulator-cloud.ts";
import { type FaultLogEntry, type FaultScript, Faults } from "./simulator-faults.ts";
import { Ledger, type LoggedCall } from "./simulator-ledger.ts";
import { Plant } from "./simulator-plant.ts";
import type { Reply } from "./simulator-reply.ts";
import type { PumpSpec, PumpTruth, SimulatorClock } from "./simulator-spec.ts";
import { Tokens } from "./simulator-tokens.ts";

export type ViessmannSimulatorOptions = {
  clock: SimulatorClock;
  pumps: PumpSpec[];
  /** Same seed, heat pumps, script and calls: same night. */
  seed: number;
  faults?: FaultScript;
  clientId: string;
};

export type ViessmannSimulator = {
  /** Base of the API and of the token host. */
  url: string;
  /** As after the customer's consent. */
  issueTokens(accountId: string): { accessToken: string; refreshToken: string; expiresInSeconds: number };
  /** The customer removes our access. */
  revoke(accountId: string): void;
  /** The owner turns the dial on the wall unit. */
  setOnWall(id: string, targetC: number): void;
  /** What the heat pump really did until now, whatever its cloud told. */
  truth(id: string): PumpTruth;
  calls(): LoggedCall[];
  /** The faults that really happened until now, in order of time. */
  faultLog(): FaultLogEntry[];
  stop(): Promise<void>;
};

/** Viessmann's cloud with its heat pumps, on loopback, under the given clock. */
export async function startViessmannSimulator(options: ViessmannSimulatorOptions): Promise<ViessmannSimulator> {
  const { clock, seed, clientId } = options;
  const startMs = clock.now();
  const faults = new Faults(options.faults ?? { rules: [] }, seed);
  const plants = new Map(options.pumps.map((spec) => [spec.id, new Plant(spec, startMs)]));
  const tokens = new Tokens(seed, clientId);
  const ledger = new Ledger();
  let url = "";
  const cloud = new Cloud({ clock, plants, faults, ledger, tokens, seed, startMs, baseUrl: () => url });

  const answerToken = (body: string): Reply => {
    const atMs = clock.now();
    const { reply, accountId } = faults.isOutage(atMs)
      ? { reply: { status: 503, headers: {}, body: "" } }
      : tokens.answer(body, atMs);
    const caller = accountId === undefined ? {} : { accountId };
    ledger.log({ atMs, kind: "token", path: "/idp/v3/token", status: reply.status, ...caller });
    return reply;
  };

  const server = createServer((message, response) => {
    let body = "";
    message.setEncoding("utf8");
    message.on("data", (chunk: string) => {
      body += chunk;
    });
    message.on("end", () => {
      const { method = "GET", url: path = "/", headers } = message;
      const isToken = method === "POST" && path === "/idp/v3/token";
      const reply = isToken
        ? answerToken(body)
        : cloud.answer({ method, path, authorization: headers.authorization, body });
      if (reply.status === 0) {
        message.socket.destroy();
        return;
      }
      response.writeHead(reply.status, { ...reply.headers, "Content-Length": Buffer.byteLength(reply.body) });
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
  url = `http://127.0.0.1:${address.port}`;

  const plantOf = (id: string): Plant => {
    const plant = plants.get(id);
    if (!plant) throw new RangeError(`no heat pump ${id} in this simulator`);
    plant.play(clock.now());
    return plant;
  };
  return {
    url,
    issueTokens: (accountId) => tokens.issue(accountId, clock.now()),
    revoke: (accountId) => tokens.revoke(accountId),
    setOnWall: (id, targetC) =>
      plantOf(id).later(
        clock.now(),
        (settings) => {
          settings.targetC = targetC;
        },
        false,
      ),
    truth: (id) => plantOf(id).truth(clock.now()),
    calls: () => ledger.calls(),
    faultLog: () => faults.log(clock.now()),
    async stop() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
