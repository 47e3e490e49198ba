import { serveLoopback } from "../../../shared/integration/loopback.ts";
import { Charger } from "./simulator-charger.ts";
import { answerCall, answerLogin } from "./simulator-cloud.ts";
import { CommandDesk } from "./simulator-commands.ts";
import { type FaultLogEntry, type FaultRule, Faults, troublesOf } from "./simulator-faults.ts";
import { Ledger, type LoggedCall } from "./simulator-ledger.ts";
import { reachableKwh } from "./simulator-readiness.ts";
import type { ChargerSpec, ChargerTruth, SimulatorClock } from "./simulator-spec.ts";
import { Tokens } from "./simulator-tokens.ts";

export type EaseeSimulatorOptions = {
  clock: SimulatorClock;
  chargers: readonly ChargerSpec[];
  /** Same seed, chargers, rules and calls: same night. */
  seed: number;
  rules?: readonly FaultRule[];
  /** An hour if absent. */
  accessLifeMs?: number;
};

export type EaseeSimulator = {
  url: string;
  /** As after a login; the refresh token is Easee's own. */
  issueTokens(accountId: string): { accessToken: string; refreshToken: string; expiresInSeconds: number };
  /** What the owner types in. */
  loginOf(accountId: string): { userName: string; password: string };
  /** What the charger really did until now, whatever its cloud told. */
  truth(id: string): ChargerTruth;
  /** The most that the car of a stay could have had until a moment, kWh, whatever the cloud did with commands. */
  reachableKwh(id: string, untilMs: number): number;
  calls(): LoggedCall[];
  /** The most calls that any login made within five minutes. */
  mostCallsInWindow(): number;
  faultLog(): FaultLogEntry[];
  stop(): Promise<void>;
};

/** Easee's cloud with its chargers, on loopback, under the given clock. */
export async function startEaseeSimulator(options: EaseeSimulatorOptions): Promise<EaseeSimulator> {
  const { clock, seed, rules = [], accessLifeMs = 3_600_000 } = options;
  const startMs = clock.now();
  const chargers = new Map(
    options.chargers.map((spec) => [spec.id, new Charger(spec, startMs, seed, troublesOf(spec.id, rules))]),
  );
  const tokens = new Tokens(seed, accessLifeMs);
  const ledger = new Ledger();
  const faults = new Faults(rules, seed);
  const parts = { now: () => clock.now(), chargers, tokens, faults, ledger, desk: new CommandDesk(seed) };

  const server = await serveLoopback((message) => {
    const request = { ...message, body: bodyOf(message.body) };
    const isLogin = request.method === "POST" && request.url.pathname.startsWith("/api/accounts/");
    return isLogin ? answerLogin(parts, request) : answerCall(parts, request);
  });

  const chargerOf = (id: string): Charger => {
    const charger = chargers.get(id);
    if (!charger) throw new RangeError(`no charger ${id} in this simulator`);
    return charger;
  };
  return {
    url: server.url,
    issueTokens(accountId) {
      const { accessToken, refreshToken, expiresIn } = tokens.issue(accountId, clock.now());
      return { accessToken, refreshToken, expiresInSeconds: expiresIn };
    },
    loginOf(accountId) {
      const { userName, password } = tokens.loginOf(accountId);
      return { userName, password };
    },
    truth: (id) => chargerOf(id).truth(clock.now()),
    reachableKwh(id, untilMs) {
      const mayBeStarted = !rules.some(
        (rule) => rule.kind === "access-withdrawn" && rule.subjects?.includes(id) !== false,
      );
      return reachableKwh(chargerOf(id).spec, troublesOf(id, rules), mayBeStarted, untilMs);
    },
    calls: () => ledger.calls(),
    mostCallsInWindow: () => ledger.mostInWindow,
    faultLog: () => faults.log(clock.now()),
    stop: server.stop,
  };
}

function bodyOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
