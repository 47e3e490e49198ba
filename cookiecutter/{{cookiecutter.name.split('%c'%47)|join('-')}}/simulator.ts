import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { Simulation } from "../../../shared/integration/simulation.ts";
import type { SimulatedDevice } from "./simulator-device.ts";
import { Tokens } from "./simulator-tokens.ts";

type Reply = { status: number; body?: object; headers?: Record<string, string> };
type Request = { method: string; path: string; token: string; body: string };

/** Of how many calls one meets a fault. */
const ONE_FAULT_IN = { none: Number.POSITIVE_INFINITY, some: 100, many: 12 };
const FAULTS: Record<string, Reply> = {
  "rate-limited": { status: 429, headers: { "retry-after": "30" } },
  "server-error": { status: 503 },
  "token-refused": { status: 401 },
};

/** The vendor's cloud as a state machine. TODO: the vendor's own paths, words and ways to fail. */
export async function startSimulator(options: {
  clock: { now(): number };
  devices: readonly SimulatedDevice[];
  seed: number;
  faults: "none" | "some" | "many";
}) {
  const { clock, devices, seed, faults } = options;
  const client = { clientId: "local-client", clientSecret: "local-client-secret" };
  const tokens = new Tokens(clock, seed);
  const counts = new Map<string, number>();
  const injected: Record<string, number> = {};
  const effective: ReturnType<Simulation["effectiveCalls"]> = [];
  let serial = 0;

  const faultOfCall = (): Reply | undefined => {
    const draw = createHash("sha256").update(`${seed} ${serial++}`).digest().readUInt32BE() / 2 ** 32;
    const index = Math.floor(draw * ONE_FAULT_IN[faults] * Object.keys(FAULTS).length);
    const [name, reply] = Object.entries(FAULTS)[index] ?? [];
    if (name !== undefined) injected[name] = (injected[name] ?? 0) + 1;
    return reply;
  };
  const renew = ({ body }: Request): Reply => {
    const pair = tokens.renew(new URLSearchParams(body).get("refresh_token") ?? "");
    if (!pair) return { status: 400, body: { error: "invalid_grant" } };
    const { accessToken, refreshToken, expiresInSeconds } = pair;
    const body_ = { access_token: accessToken, refresh_token: refreshToken, expires_in: expiresInSeconds };
    return { status: 200, body: { ...body_, token_type: "Bearer" } };
  };
  const answer = (request: Request): Reply => {
    const kind = request.path === "/oauth/token" ? "token" : request.method === "GET" ? "data" : "command";
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    if (kind === "token") return renew(request);
    const fault = faultOfCall();
    if (fault) return fault;
    if (!tokens.isGood(request.token)) return { status: 401 };
    const [, id] = /^\/v1\/devices\/([^/]+)/.exec(request.path) ?? [];
    const device = devices.find(({ asset }) => asset.vendorAssetId === decodeURIComponent(id ?? ""));
    if (!device) return { status: 404 };
    const atMs = clock.now();
    device.advance(atMs);
    if (kind === "data") return { status: 200, body: device.told(atMs) };
    const changed = device.command(JSON.parse(request.body), atMs);
    if (changed) effective.push({ atMs, assetId: device.asset.assetId, kind: changed });
    return { status: 202, body: {} };
  };

  const server = createServer((message, response) => {
    let body = "";
    message.on("data", (chunk: Buffer) => {
      body += chunk.toString();
    });
    message.on("end", () => {
      const token = message.headers.authorization?.replace("Bearer ", "") ?? "";
      const reply = answer({ method: message.method ?? "", path: message.url ?? "", token, body });
      response.writeHead(reply.status, { "content-type": "application/json", ...reply.headers });
      response.end(JSON.stringify(reply.body ?? {}));
    });
  });
  // A virtual night has long silences in real seconds too.
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the simulator has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    client,
    tokens,
    injected,
    effective,
    calls: () => [...counts].map(([kind, calls]) => ({ kind, calls, priceUsd: 0 })),
    async stop() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
