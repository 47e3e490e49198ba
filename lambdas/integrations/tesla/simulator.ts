import { serveLoopback } from "../../../shared/integration/loopback.ts";
import { Car } from "./simulator-car.ts";
import { Cloud } from "./simulator-cloud.ts";
import { CommandDesk } from "./simulator-commands.ts";
import { type FaultLogEntry, type FaultScript, Faults, troublesOf } from "./simulator-faults.ts";
import { FleetApi } from "./simulator-fleet-api.ts";
import { Ledger, type LoggedCall } from "./simulator-ledger.ts";
import type { CarSpec, CarTruth, Need, SimulatorClock } from "./simulator-spec.ts";
import { answerToken } from "./simulator-token-endpoint.ts";
import { TESLA_TOKENS, type TokenRules, Tokens } from "./simulator-tokens.ts";

export type TeslaSimulatorOptions = {
  clock: SimulatorClock;
  cars: CarSpec[];
  /** Same seed, cars, script and calls: same night. */
  seed: number;
  faults?: FaultScript;
  clientId: string;
  clientSecret: string;
  /** The vendor's own limit on our bill: once reached, everything stops for all customers. None if absent. */
  billingLimitUsd?: number;
  /** Tesla's own rules if absent. */
  tokens?: Partial<TokenRules>;
};

export type TeslaSimulator = {
  /** Base of the Fleet API. */
  url: string;
  /** Base of the token host. */
  authUrl: string;
  /** As after the customer's consent. */
  issueTokens(accountId: string): { accessToken: string; refreshToken: string; expiresInSeconds: number };
  /** What the car really did until now, whatever its cloud told. */
  truth(vin: string): CarTruth;
  /** Whether power offered between plug-in and departure would have sufficed; vendor faults do not count against it. */
  couldBeReady(vin: string, sessionIndex: number, need: Need): boolean;
  calls(): LoggedCall[];
  /** The faults that really happened until now, in order of time. */
  faultLog(): FaultLogEntry[];
  stop(): Promise<void>;
};

/** Tesla's cloud with its cars, on loopback, under the given clock. */
export async function startTeslaSimulator(options: TeslaSimulatorOptions): Promise<TeslaSimulator> {
  const { clock, seed, clientId, clientSecret, billingLimitUsd } = options;
  const script = options.faults ?? { rules: [] };
  const faults = new Faults(script, seed);
  const startMs = clock.now();
  const cars = options.cars.map(
    (spec) =>
      new Car(spec, startMs, seed, troublesOf(spec.vin, script), (atMs, kind) =>
        faults.note({ atMs, vin: spec.vin, kind }),
      ),
  );
  const byVin = new Map(cars.map((car) => [car.spec.vin, car]));
  const tokens = new Tokens({ ...TESLA_TOKENS, ...options.tokens }, seed, clientId);
  const ledger = new Ledger();
  const vinsOf = (accountId: string) =>
    cars.filter(({ spec }) => spec.accountId === accountId).map(({ spec }) => spec.vin);
  let url = "";
  const baseUrl = () => url;
  const commands = new CommandDesk(seed);
  const cloud = new Cloud({ cars, commands, faults, seed, baseUrl });
  const fleetApi = new FleetApi({
    clock,
    cars,
    cloud,
    commands,
    faults,
    ledger,
    tokens,
    seed,
    baseUrl,
    billingLimitUsd,
  });
  const tokenParts = { clock, faults, tokens, ledger, clientId, clientSecret, vinsOf, audience: baseUrl };

  const server = await serveLoopback((request) => {
    const isToken = request.method === "POST" && request.url.pathname === "/oauth2/v3/token";
    return isToken ? answerToken(tokenParts, request) : fleetApi.answer(request);
  });
  url = server.url;

  const carOf = (vin: string): Car => {
    const car = byVin.get(vin);
    if (!car) throw new RangeError(`no car with VIN ${vin} in this simulator`);
    return car;
  };
  return {
    url,
    authUrl: url,
    issueTokens(accountId) {
      const withCommands = !faults.lacksScopes(vinsOf(accountId));
      const { accessToken, refreshToken, expiresInSeconds } = tokens.issue(accountId, clock.now(), url, withCommands);
      return { accessToken, refreshToken, expiresInSeconds };
    },
    truth: (vin) => carOf(vin).truth(clock.now()),
    couldBeReady: (vin, sessionIndex, need) => carOf(vin).couldBeReady(sessionIndex, need, clock.now()),
    calls: () => ledger.calls(),
    faultLog() {
      for (const car of cars) car.play(clock.now());
      return faults.log(clock.now());
    },
    stop: () => server.stop(),
  };
}
