import type { AssetId } from "../domain/asset.ts";
import type { FaultClass } from "../domain/fault.ts";
import type { Injection } from "./simulation.ts";

/** What a simulation's own kind of trouble truly is. */
export type Truth = {
  faultClass: FaultClass | null;
  /** Once so it stays so: until it ends, or until the customer links the account anew. */
  lasts?: "until-ended" | "until-relinked";
  onlyIfAsked?: true;
};

export type Trouble<Kind extends string> = {
  atMs: number;
  /** Of what has a known end. */
  endsAtMs?: number;
  kind: Kind;
  assetId?: AssetId;
  accountId?: string;
};

/** Whose it is, as far as that is known. */
export function about(assetId: AssetId | undefined, accountId: string | undefined) {
  return { ...(assetId === undefined ? {} : { assetId }), ...(accountId === undefined ? {} : { accountId }) };
}

/**
 * The troubles of a simulation's log in our vocabulary, in order of time, as far as they fall into the time that it has
 * run. What lasts is told once for each subject, however many calls it befell.
 */
export function injectionsOf<Kind extends string>(
  log: readonly Trouble<Kind>[],
  truths: Record<Kind, Truth>,
  { sinceMs, nowMs }: { sinceMs: number; nowMs: number },
  links: readonly { atMs: number; accountId: string }[] = [],
): Injection[] {
  const lasting = new Set<string>();
  return log
    .map((trouble) => ({ ...trouble, atMs: Math.max(trouble.atMs, sinceMs) }))
    .filter(({ atMs, endsAtMs = atMs }) => atMs <= nowMs && endsAtMs >= atMs)
    .toSorted((a, b) => a.atMs - b.atMs)
    .flatMap(({ atMs, endsAtMs, kind, assetId, accountId }): Injection[] => {
      const { faultClass, lasts, onlyIfAsked } = truths[kind];
      const relinkedAtMs =
        lasts === "until-relinked"
          ? links.find((link) => link.accountId === accountId && link.atMs > atMs)?.atMs
          : undefined;
      const key = `${kind} ${assetId ?? ""} ${accountId ?? ""} ${relinkedAtMs ?? ""}`;
      if (lasts && lasting.has(key)) return [];
      if (lasts) lasting.add(key);
      const toMs = lasts ? (relinkedAtMs ?? endsAtMs ?? nowMs) : (endsAtMs ?? atMs);
      return [
        {
          kind,
          faultClass,
          fromMs: atMs,
          toMs: Math.max(atMs, Math.min(toMs, nowMs)),
          ...about(assetId, accountId),
          ...(onlyIfAsked ? { onlyIfAsked } : {}),
        },
      ];
    });
}
