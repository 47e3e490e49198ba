import type { Random } from "../random.ts";
import type { Engine } from "./engine.ts";
import type { Faults, Place, Strike } from "./faults.ts";
import { assetsNamed, type Hindrances, hinderedForMs } from "./hindrances.ts";
import type { Trace } from "./trace.ts";

/** One execution environment: what a run function keeps between invocations lives and dies with it. */
export type Environment = {
  id: number;
  globals: Map<string, unknown>;
  /** Its clock is ahead of true time by this, until it is set again. */
  skewMs: number;
  /** It does one thing at a time. */
  current: Invocation | undefined;
};

export type Invocation = {
  id: string;
  functionName: string;
  /** What it was invoked with. */
  event: unknown;
  environment: Environment;
  deadlineMs: number;
  /** It was killed: nothing that it waits for ever comes. */
  isDead: boolean;
  /** Faults that it met, for checkers that excuse what they must. */
  struck: string[];
  /** What checkers note about it. */
  notes: Map<string, unknown>;
  ended: (outcome: Outcome) => void;
};

export type Outcome = { kind: "done"; result: unknown } | { kind: "failed"; error: unknown } | { kind: "died" };

export type FunctionSpec = {
  name: string;
  timeoutMs: number;
  /** Invocations at once. */
  concurrency: number;
  run: (event: unknown, invocation: Invocation) => Promise<unknown>;
  /** True when a tick now would only find that there is nothing to do: it is not played out. */
  isIdle?: () => boolean;
  /** Told of each invocation that finds no room. */
  turnedAway?: () => void;
};

export type World = { engine: Engine; faults: Faults; trace: Trace; hindrances: Hindrances };

/** Clocks of machines are off by at most this, ms. */
export const MOST_SKEW_MS = 3_000;
/** A clock that is set while a function runs is set so long after its start at most, ms. */
const SET_WITHIN_MS = 2_000;
const drawnSkewMs = (random: Random) => Math.round((random() - 0.5) * 2 * MOST_SKEW_MS);

/** Lambda functions: environments that are used again, an end for those that take too long, and a place for crashes. */
export function lambdaService(world: World) {
  const { engine, faults, trace } = world;
  const idle = new Map<string, Environment[]>();
  const running = new Map<string, number>();
  let [environments, invocations] = [0, 0];

  const environmentOf = (spec: FunctionSpec): Environment => {
    const known = idle.get(spec.name)?.pop();
    if (known) return known;
    environments += 1;
    const skewMs = faults.level === "none" ? 0 : drawnSkewMs(engine.random);
    return { id: environments, globals: new Map(), skewMs, current: undefined };
  };

  /** Forwards or backwards, by twice the most that clocks are off. */
  const setClock = (environment: Environment, { id, random }: Strike): boolean => {
    const beforeMs = environment.skewMs;
    environment.skewMs = drawnSkewMs(random);
    trace.add(`${engine.nowMs()} the clock of ${environment.id} jumps by ${environment.skewMs - beforeMs} ms ${id}`);
    return true;
  };

  return {
    hasRoom(spec: FunctionSpec): boolean {
      const hasRoom = (running.get(spec.name) ?? 0) < spec.concurrency;
      if (!hasRoom) spec.turnedAway?.();
      return hasRoom;
    },
    /** Starts a function; `onEnd` is told once how it went. */
    start(spec: FunctionSpec, event: unknown, onEnd: (outcome: Outcome) => void): Invocation {
      const environment = environmentOf(spec);
      running.set(spec.name, (running.get(spec.name) ?? 0) + 1);
      invocations += 1;
      let isOver = false;
      const invocation: Invocation = {
        id: `${spec.name}.${invocations}`,
        functionName: spec.name,
        event,
        environment,
        deadlineMs: engine.nowMs() + spec.timeoutMs,
        isDead: false,
        struck: [],
        notes: new Map(),
        ended(outcome) {
          if (isOver) return;
          isOver = true;
          running.set(spec.name, (running.get(spec.name) ?? 1) - 1);
          if (outcome.kind === "died") invocation.isDead = true;
          else idle.set(spec.name, [...(idle.get(spec.name) ?? []), environment]);
          trace.add(
            `${engine.nowMs()} ${invocation.id} ${outcome.kind}${outcome.kind === "failed" ? ` ${outcome.error}` : ""}`,
          );
          onEnd(outcome);
        },
      };
      environment.current = invocation;
      trace.add(`${engine.nowMs()} ${invocation.id} starts in ${environment.id}`);
      const set = faults.strike("clock", invocation.id);
      if (set) engine.after(set.random() * SET_WITHIN_MS, () => setClock(environment, set));
      engine.after(spec.timeoutMs, () => {
        invocation.ended({ kind: "died" });
        return false;
      });
      spec.run(event, invocation).then(
        (result) => invocation.ended({ kind: "done", result }),
        (error) => invocation.ended({ kind: "failed", error }),
      );
      return invocation;
    },
  };
}
export type LambdaService = ReturnType<typeof lambdaService>;

/** What an AWS client throws when all its attempts failed. */
export class ServiceError extends Error {
  override name = "ServiceError";
}

type Effect<T> = {
  place: Place;
  /** For the trace: what is done, to what. */
  what: string;
  /** The asset that it is for; without one all that the invocation was given. */
  about?: string | undefined;
  latencyMs: number;
  /** Happens at one moment. */
  act: (strike: Strike | undefined) => T;
};

/**
 * One side effect of an invocation, as a task of its own. Where a fault strikes, the invocation dies before or after it, its
 * answer is lost and the client asks again, or the client gives up without knowing whether it was done.
 */
export function effect<T>(
  world: World,
  invocation: Invocation,
  { place, what, about, latencyMs, act }: Effect<T>,
): Promise<T> {
  const { engine, faults, trace } = world;
  // What nobody waits for any more is not begun.
  if (invocation.isDead) return new Promise(() => {});
  const strike = faults.strike(place, what);
  if (strike) {
    invocation.struck.push(strike.id);
    const forMs = hinderedForMs(place, strike);
    const fromMs = engine.nowMs();
    if (forMs > 0)
      world.hindrances.note(about ? [about] : assetsNamed(invocation.event), { fromMs, toMs: fromMs + forMs });
  }
  const line = (outcome: string) => trace.add(`${engine.nowMs()} ${invocation.id} ${what} ${outcome}`);
  const quietly = () => {
    try {
      act(strike);
      line("done unheard");
    } catch {
      line("refused unheard");
    }
  };
  return new Promise<T>((resolve, reject) => {
    const answer = () => {
      try {
        const value = act(strike);
        line("ok");
        resolve(value);
      } catch (error) {
        line(error instanceof Error ? error.name : "threw");
        reject(error);
      }
      return true;
    };
    const later = (delayMs: number, then: () => boolean) => engine.after(delayMs, () => !invocation.isDead && then());
    const slowMs = strike?.kind === "slow" ? 100 + strike.random() * 4_000 : 0;
    later(latencyMs + slowMs, () => {
      switch (strike?.kind) {
        case "crash-before":
          line(strike.id);
          invocation.ended({ kind: "died" });
          return true;
        case "crash-after":
          line(strike.id);
          quietly();
          invocation.ended({ kind: "died" });
          return true;
        case "answer-lost":
          line(strike.id);
          quietly();
          later(300 + strike.random() * 2_000, answer);
          return true;
        case "cut":
          line(strike.id);
          quietly();
          later(3_000 + strike.random() * 3_000, () => {
            reject(new ServiceError(`no answer to ${what}`));
            return true;
          });
          return true;
        case "throttled":
          line(strike.id);
          later(500 + strike.random() * 500, () => {
            reject(new ServiceError(`throttled: ${what}`));
            return true;
          });
          return false;
        default:
          return answer();
      }
    });
  });
}
