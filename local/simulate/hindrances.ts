import { MINUTE_MS } from "../../shared/domain/instant.ts";
import type { Place, Strike } from "./faults.ts";

export type Span = { fromMs: number; toMs: number };

/** A message that a dead worker had comes back when its time out of sight is over, and meets others. */
const CRASH_MS = 4 * MINUTE_MS;
/** The longest pause before a call that failed is made again, half as long again by its own share, and the call. */
const CALL_FAILED_MS = 9 * MINUTE_MS;
/** What was taken and not done is missed after its time to confirm, and repeated after a pause. */
const IGNORED_MS = 20 * MINUTE_MS;
const VENDOR: readonly Place[] = ["command", "look", "token"];

/** How long what struck may keep the assets concerned from what is wanted of them, ms: by the rules of what is deployed. */
export function hinderedForMs(place: Place, { kind }: Pick<Strike, "kind">): number {
  if (kind === "slow") return 0;
  if (kind === "ignored") return IGNORED_MS;
  return VENDOR.includes(place) && !kind.startsWith("crash") ? CALL_FAILED_MS : CRASH_MS;
}

/** When the world stood in somebody's way: an asset's, or a whole integration's. */
export class Hindrances {
  readonly #spans = new Map<string, Span[]>();

  note(about: Iterable<string>, span: Span): void {
    if (span.toMs <= span.fromMs) return;
    for (const one of about) {
      const known = this.#spans.get(one);
      if (known) known.push(span);
      else this.#spans.set(one, [span]);
    }
  }

  of(...about: string[]): Span[] {
    return about.flatMap((one) => this.#spans.get(one) ?? []);
  }
}

/** Everybody whom an event, or a message in it, names. */
export function assetsNamed(event: unknown): Set<string> {
  const text = JSON.stringify(event) ?? "";
  return new Set([...text.matchAll(/\\?"assetId\\?":\\?"([^"\\]+)/g)].map(([, assetId]) => assetId ?? ""));
}
