import { createHash } from "node:crypto";
import type { FaultClass } from "../../../shared/domain/fault.ts";
import { type LoopbackRequest, serveLoopback } from "../../../shared/integration/loopback.ts";
import type { Injection, Simulation, VendorCall } from "../../../shared/integration/simulation.ts";
import type { SimulatedDevice } from "./simulator-device.ts";
import { Tokens } from "./simulator-tokens.ts";

type Reply = { status: number; body?: object; headers?: Record<string, string> };

/** Of how many calls one meets a fault. */
const ONE_FAULT_IN = { none: Number.POSITIVE_INFINITY, some: 100, many: 12 };
/** What goes wrong, and what it truly is. */
const FAULTS: Record<string, { reply: Reply; faultClass: FaultClass | null }> = {
  "rate-limited": { reply: { status: 429, headers: { "retry-after": "30" } }, faultClass: "rate-limited" },
  "server-error": { reply: { status: 503 }, faultClass: "transient" },
  "token-refused": { reply: { status: 401 }, faultClass: "token-expired" },
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
  const calls: VendorCall[] = [];
  const injections: Injection[] = [];
  const effective: ReturnType<Simulation["effectiveCalls"]> = [];
  let serial = 0;

  const faultOfCall = (assetId: string | undefined): Reply | undefined => {
    const draw = createHash("sha256").update(`${seed} ${serial++}`).digest().readUInt32BE() / 2 ** 32;
    const index = Math.floor(draw * ONE_FAULT_IN[faults] * Object.keys(FAULTS).length);
    const [kind, fault] = Object.entries(FAULTS)[index] ?? [];
    if (kind === undefined || !fault) return undefined;
    const atMs = clock.now();
    const about = assetId === undefined ? {} : { assetId };
    injections.push({ kind, faultClass: fault.faultClass, fromMs: atMs, toMs: atMs, ...about });
    return fault.reply;
  };
  const renew = ({ body }: LoopbackRequest): Reply => {
    const pair = tokens.renew(new URLSearchParams(body).get("refresh_token") ?? "");
    if (!pair) return { status: 400, body: { error: "invalid_grant" } };
    const { accessToken, refreshToken, expiresInSeconds } = pair;
    const body_ = { access_token: accessToken, refresh_token: refreshToken, expires_in: expiresInSeconds };
    return { status: 200, body: { ...body_, token_type: "Bearer" } };
  };
  const answer = (request: LoopbackRequest): Reply => {
    const kind = request.url.pathname === "/oauth/token" ? "token" : request.method === "GET" ? "data" : "command";
    const [, id] = /^\/v1\/devices\/([^/]+)/.exec(request.url.pathname) ?? [];
    const device = devices.find(({ asset }) => asset.vendorAssetId === decodeURIComponent(id ?? ""));
    const reply = kind === "token" ? renew(request) : serve(request, kind, device);
    const { assetId, accountId } = device?.asset ?? {};
    calls.push({
      ...{ atMs: clock.now(), kind, status: reply.status, priceUsd: 0 },
      ...(assetId === undefined || accountId === undefined ? {} : { assetId, accountId }),
    });
    return reply;
  };
  const serve = (request: LoopbackRequest, kind: "data" | "command", device: SimulatedDevice | undefined): Reply => {
    const fault = faultOfCall(device?.asset.assetId);
    if (fault) return fault;
    if (!tokens.isGood(request.authorization)) return { status: 401 };
    if (!device) return { status: 404 };
    const atMs = clock.now();
    device.advance(atMs);
    if (kind === "data") return { status: 200, body: device.told(atMs) };
    const changed = device.command(JSON.parse(request.body), atMs);
    if (changed) effective.push({ atMs, assetId: device.asset.assetId, kind: changed });
    return { status: 202, body: {} };
  };

  const server = await serveLoopback((request) => {
    const { status, body = {}, headers } = answer(request);
    return { status, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) };
  });
  return {
    url: server.url,
    client,
    tokens,
    injections,
    effective,
    calls,
    stop: server.stop,
  };
}
