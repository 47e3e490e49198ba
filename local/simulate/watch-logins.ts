import { MINUTE_MS } from "../../shared/domain/instant.ts";
import type { History } from "./history.ts";
import { type Invocation, MOST_SKEW_MS } from "./lambda.ts";

type Asker = Pick<Invocation, "id" | "isDead">;

/** A login is renewed in the last minutes of its life, by a clock that may be ahead. */
const RENEWED_BEFORE_END_MS = 10 * MINUTE_MS + 2 * MOST_SKEW_MS;

/** Judges who asks vendors for new logins, and what is said of those that they refuse. */
export function loginWatch(history: History, nowMs: () => number) {
  const askers = new Map<string, Asker>();
  const refused = new Set<string>();

  return {
    /** Somebody asks for the next of a pair that ends at a moment; answers what to call when the vendor has answered. */
    asks(pair: { accessToken: string; refreshToken: string }, endsMs: number, asker: Asker): () => void {
      const { accessToken, refreshToken } = pair;
      const other = askers.get(refreshToken);
      if (other && other !== asker && !other.isDead) {
        const what = `${refreshToken} is renewed by ${other.id} and ${asker.id} at a time`;
        history.broken("what one may do is not done by two", nowMs(), what);
      }
      if (endsMs - nowMs() > RENEWED_BEFORE_END_MS) {
        const minutes = Math.round((endsMs - nowMs()) / MINUTE_MS);
        const what = `${accessToken} is good for ${minutes} min more, and nobody refused it`;
        history.broken("P5 no login is renewed without need", nowMs(), what);
      }
      askers.set(refreshToken, asker);
      return () => void (askers.get(refreshToken) === asker && askers.delete(refreshToken));
    },
    refused: (refreshToken: string) => void refused.add(refreshToken),
    /** A login is noted as refused. */
    noted(row: Record<string, unknown>) {
      const { refreshToken } = JSON.parse((row.tokens as { data: string }).data) as { refreshToken: string };
      if (refused.has(refreshToken)) return;
      const what = `${refreshToken} is called refused, and its vendor never refused it`;
      history.broken("P5 no login is called refused that is good", nowMs(), what, String(row.account));
    },
  };
}
