import { type Instant, parseInstant, plusMs } from "../../shared/domain/instant.ts";

export type FakeClock = {
  now: () => Instant;
  set(text: string): void;
  /** Moves forward by `ms`; a clock never goes back by itself. */
  advance(ms: number): void;
};

/** A clock that stands until it is moved. */
export function fakeClock(text: string): FakeClock {
  let at = parseInstant(text);
  return {
    now: () => at,
    set: (next) => {
      at = parseInstant(next);
    },
    advance: (ms) => {
      at = plusMs(at, ms);
    },
  };
}
