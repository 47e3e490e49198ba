import { betweenMs, draw } from "../../../shared/integration/simulation-random.ts";
import type { Charger } from "./simulator-charger.ts";
import { failure, json, type Reply } from "./simulator-reply.ts";

const LEAST_A = 6;
const RESUMED_A = 32;
const EXPIRES_AFTER_MS = 30_000;
/** .NET's clock starts in the year 1. */
const TICKS_AT_EPOCH = 621_355_968_000_000_000n;

export type CommandCall = { name: string; body: Record<string, unknown> };
/** How a call's fault changes what becomes of the command. */
export type Twist = "accepted-not-executed" | "lost-response" | "rejected-by-charger" | undefined;
type Outcome = { answersAtMs: number; state: number };

/** What a command would set: a limit, or a session's authorisation. */
type Wish = { amps: number; minutes: number } | { authorise: boolean } | "nothing";

/** Takes commands, hands them to the chargers in their time, and remembers what became of them. */
export class CommandDesk {
  readonly #seed: number;
  readonly #outcomes = new Map<string, Outcome>();
  #serial = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Answers whether the command changes anything; what it changes, it changes a moment later. */
  take(
    charger: Charger,
    { name, body }: CommandCall,
    atMs: number,
    twist: Twist,
  ): { reply: Reply; effective: boolean } {
    const wish = wishOf(name, body, charger);
    if (wish === undefined) return { reply: failure(400, 400, "BadRequest"), effective: false };
    if (wish === "nothing" || holds(wish, charger, atMs))
      return { reply: json(202, { device: charger.spec.id, commandId: 48, ticks: 0 }), effective: false };
    const reached = charger.isOnline(atMs);
    const delayMs = betweenMs(200, 2000, draw(this.#seed, "command", charger.spec.id, atMs, name));
    const acts = reached && twist !== "accepted-not-executed" && twist !== "rejected-by-charger";
    // A longer life for the limit that holds changes nothing that the charger does now.
    const isNew = !("amps" in wish && charger.limit && isSame(charger.limit.amps, wish.amps));
    if (acts && "amps" in wish) charger.setLimit(atMs + delayMs, wish.amps, wish.minutes);
    if (acts && "authorise" in wish) charger.authorise(atMs + delayMs, wish.authorise);
    const ticks = String(TICKS_AT_EPOCH + BigInt(atMs) * 10_000n + BigInt(this.#serial++));
    const state = !reached ? 2 : twist === "rejected-by-charger" ? 4 : 3;
    const answersAtMs =
      twist === "lost-response" ? Number.POSITIVE_INFINITY : atMs + (reached ? delayMs : EXPIRES_AFTER_MS);
    this.#outcomes.set(`${charger.spec.id}/48/${ticks}`, { answersAtMs, state });
    const reply = json(202, { device: charger.spec.id, commandId: 48, ticks: 0 });
    // As a number on the wire, which JSON.stringify cannot write.
    return { reply: { ...reply, body: reply.body.replace('"ticks":0', `"ticks":${ticks}`) }, effective: acts && isNew };
  }

  /** What became of a command: sent, until its result is in. */
  result(key: string, atMs: number): Reply {
    const outcome = this.#outcomes.get(key);
    const [serialNumber, id, ticks] = key.split("/");
    if (!outcome) return failure(404, 404, "NotFound");
    const state = atMs >= outcome.answersAtMs ? outcome.state : 1;
    const wasAccepted = state === 1 ? null : state === 3;
    return json(200, { serialNumber, id: Number(id), ticks, state, wasAccepted, resultCode: 0, comment: "" });
  }
}

/** Undefined is a bad request: a wrong value, or a mode that forbids the command. */
function wishOf(name: string, body: Record<string, unknown>, charger: Charger): Wish | undefined {
  switch (name) {
    case "set_dynamic_charger_current": {
      const { amps, minutes } = body;
      if (typeof amps !== "number" || typeof minutes !== "number" || amps < 0 || minutes < 0) return undefined;
      return { amps, minutes };
    }
    case "pause_charging":
      return charger.plugged ? { amps: 0, minutes: 0 } : undefined;
    case "resume_charging":
      return charger.plugged ? { amps: RESUMED_A, minutes: 0 } : undefined;
    case "start_charging":
    case "stop_charging":
      return charger.plugged ? { authorise: name === "start_charging" } : undefined;
    default:
      return "nothing";
  }
}

function holds(wish: Exclude<Wish, "nothing">, charger: Charger, atMs: number): boolean {
  if ("authorise" in wish) return wish.authorise && charger.opMode.value === 3;
  const { limit } = charger;
  if (!limit || !isSame(limit.amps, wish.amps)) return false;
  return (
    Math.abs(limit.endsAtMs - (wish.minutes === 0 ? Number.POSITIVE_INFINITY : atMs + wish.minutes * 60_000)) < 60_000
  );
}

/** Everything below 6 A is a pause. */
function isSame(a: number, b: number): boolean {
  return a === b || (a < LEAST_A && b < LEAST_A);
}
