import { MINUTE_MS } from "../../shared/domain/instant.ts";
import { assetsNamed } from "./hindrances.ts";
import type { FunctionSpec, LambdaService, Outcome, World } from "./lambda.ts";

const AGAIN_MS = 1_000;

/** An event that nobody will do any more; `isStruck` where something other than the function itself was in its way. */
export type GivenUp = { functionName: string; why: string; atMs: number; isStruck: boolean };
/** A batch that is not back within five minutes is sent again by the tick after. */
const NOT_BACK_MS = 6 * MINUTE_MS;

/**
 * Lambda's own queue of asynchronous events, which may drop, double and delay them. An event that finds no room is tried
 * again until it is too old; failed ones are not, for every function here is deployed without retries but the feeds'.
 */
export function asyncInvokes(world: World, lambda: LambdaService, isDown: () => boolean) {
  const { engine, faults, trace } = world;
  const givenUp: GivenUp[] = [];

  const begin = (
    spec: FunctionSpec,
    event: unknown,
    options: { sentAtMs: number; maxAgeMs: number; retries: number },
  ) => {
    const { sentAtMs, maxAgeMs, retries } = options;
    if (engine.nowMs() - sentAtMs > maxAgeMs) {
      trace.add(`${engine.nowMs()} ${spec.name} event too old`);
      givenUp.push({ functionName: spec.name, why: "too old", atMs: engine.nowMs(), isStruck: true });
      return false;
    }
    if (isDown() || !lambda.hasRoom(spec)) {
      engine.after(AGAIN_MS, () => begin(spec, event, options));
      return false;
    }
    if (spec.isIdle?.()) return false;
    const invocation = lambda.start(spec, event, (outcome: Outcome) => {
      if (outcome.kind === "done") return;
      if (retries > 0) engine.after(60_000, () => begin(spec, event, { ...options, retries: retries - 1 }));
      else {
        const why = outcome.kind === "failed" ? String(outcome.error) : outcome.kind;
        givenUp.push({ functionName: spec.name, why, atMs: engine.nowMs(), isStruck: invocation.struck.length > 0 });
      }
    });
    return true;
  };

  return {
    givenUp,
    /** Takes an event over the wire: whoever sent it shares nothing with whoever gets it. */
    invoke(spec: FunctionSpec, event: unknown, { maxAgeMs, retries }: { maxAgeMs: number; retries: number }): void {
      const payload = JSON.stringify(event);
      const sentAtMs = engine.nowMs();
      const options = { sentAtMs, maxAgeMs, retries };
      const strike = faults.strike("invoke", `event for ${spec.name}`);
      const delayMs = 20 + engine.random() * 200;
      const lateMs = strike?.kind === "late" ? strike.random() * maxAgeMs * 1.2 : 0;
      const lostMs = strike?.kind === "dropped" ? NOT_BACK_MS : lateMs;
      world.hindrances.note(assetsNamed(event), { fromMs: sentAtMs, toMs: sentAtMs + lostMs });
      if (strike?.kind === "dropped") return;
      engine.after(delayMs + lateMs, () => begin(spec, JSON.parse(payload), options));
      if (strike?.kind === "doubled")
        engine.after(delayMs + strike.random() * 90_000, () => begin(spec, JSON.parse(payload), options));
    },
    /** One tick of the clock: on time or some seconds late; lost or twice where a fault strikes. */
    tick(spec: FunctionSpec, event: unknown, { maxAgeMs, retries }: { maxAgeMs: number; retries: number }): void {
      const sentAtMs = engine.nowMs();
      const options = { sentAtMs, maxAgeMs, retries };
      const strike = faults.strike("tick", spec.name);
      if (strike?.kind === "lost" || isDown()) return;
      const lateMs = strike?.kind === "late" ? strike.random() * 90_000 : 0;
      engine.after(engine.random() * 4_000 + lateMs, () => begin(spec, event, options));
      if (strike?.kind === "doubled") engine.after(engine.random() * 20_000, () => begin(spec, event, options));
    },
  };
}
