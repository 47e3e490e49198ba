import { serveLoopback } from "../../../shared/integration/loopback.ts";
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

  const server = await serveLoopback(({ method, url: { pathname }, authorization, body }) => {
    const isToken = method === "POST" && pathname === "/idp/v3/token";
    return isToken ? answerToken(body) : cloud.answer({ method, path: pathname, authorization, body });
  });
  url = server.url;

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
    stop: server.stop,
  };
}
