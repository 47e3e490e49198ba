import { MINUTE_MS } from "../../shared/domain/instant.ts";
import type { Manifest } from "../../shared/domain/manifest.ts";

/** A vendor's own count of our calls over sliding windows. */
export class CallLimits {
  readonly #limits: NonNullable<Manifest["rateLimits"]>;
  readonly #calls = new Map<string, number[]>();

  constructor({ rateLimits = [] }: Manifest) {
    this.#limits = rateLimits;
  }

  /** Counts one call; names the limit that it is over, if any. */
  count(
    call: { deviceId: string; accountId: string; kind: "state" | "data" | "command" | "wake" },
    nowMs: number,
  ): string | undefined {
    let over: string | undefined;
    for (const { scope, calls, perMinutes, kinds } of this.#limits) {
      if (kinds && !kinds.includes(call.kind)) continue;
      const whose = { device: call.deviceId, account: call.accountId, application: "all" }[scope];
      const key = `${scope} ${calls} ${perMinutes} ${kinds} ${whose}`;
      const known = this.#calls.get(key) ?? [];
      while (known[0] !== undefined && known[0] <= nowMs - perMinutes * MINUTE_MS) known.shift();
      known.push(nowMs);
      this.#calls.set(key, known);
      if (known.length > calls)
        over = `${known.length} calls of ${calls} in ${perMinutes} min for the ${scope} ${whose}`;
    }
    return over;
  }
}
