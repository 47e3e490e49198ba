import { HOUR_MS, MINUTE_MS } from "../../shared/domain/instant.ts";
import { seededRandom } from "../random.ts";
import type { Faults } from "./faults.ts";
import type { DeviceSpec } from "./fleet.ts";
import type { Span } from "./hindrances.ts";

type Outage = Span & { integration: string; manner: "silent" | "refusing"; flapMs: number | undefined };

/** What goes wrong for a while, drawn at the start. */
export type Episodes = {
  outageOf: (integration: string, atMs: number) => Outage["manner"] | undefined;
  isOffline: (assetId: string, atMs: number) => boolean;
  /** The device's clock is ahead of ours. */
  isAhead: (assetId: string, atMs: number) => boolean;
  /** Nothing of ours runs. */
  isPlatformDown: (atMs: number) => boolean;
  killSwitchAtMs: number | undefined;
  /** Times in which an asset could not be moved, each as long as the world's doing. */
  hindrancesOf: (asset: Pick<DeviceSpec, "assetId" | "integration">) => Span[];
};

export function seededEpisodes(
  seed: number,
  given: {
    faults: Faults;
    devices: readonly DeviceSpec[];
    integrations: readonly string[];
    startMs: number;
    endMs: number;
    /** More outages of each vendor. */
    outages?: number;
  },
): Episodes {
  const { faults, devices, integrations, startMs, endMs, outages: more = 0 } = given;
  const random = seededRandom(seed ^ 0xe915);
  const outages: Outage[] = [];
  const down: Span[] = [];
  const offline = new Map<string, Span[]>();
  const ahead = new Map<string, Span[]>();
  const span = (longestMs: number): Span => {
    const fromMs = startMs + Math.round(random() * (endMs - startMs - longestMs));
    return { fromMs, toMs: fromMs + Math.round(longestMs * (0.1 + 0.9 * random())) };
  };
  const clock = (ms: number) => new Date(ms).toISOString().slice(11, 16);
  const told = (what: string, { fromMs, toMs }: Span) => `${what} ${clock(fromMs)}–${clock(toMs)}`;

  for (const integration of integrations) {
    const [strikes, isSilent, flaps, length] = [random() < 0.4, random() < 0.5, random() < 0.3, random()];
    const when = span(length < 0.5 ? 20 * MINUTE_MS : 2 * HOUR_MS);
    if (!strikes || !faults.allows(`episode/outage-${integration}`, told(`outage of ${integration}`, when))) continue;
    outages.push({
      ...when,
      integration,
      manner: isSilent ? "silent" : "refusing",
      flapMs: flaps ? 3 * MINUTE_MS : undefined,
    });
  }
  for (const { assetId } of devices) {
    const [drops, wanders] = [random() < 0.08, random() < 0.05];
    const [away, early] = [span(90 * MINUTE_MS), span(3 * HOUR_MS)];
    if (drops && faults.allows(`episode/offline-${assetId}`, told(`${assetId} offline`, away)))
      offline.set(assetId, [away]);
    if (wanders && faults.allows(`episode/ahead-${assetId}`, told(`${assetId} ahead of time`, early)))
      ahead.set(assetId, [early]);
  }
  const [stops, gap] = [random() < 0.25, span(30 * MINUTE_MS)];
  if (stops && faults.allows("episode/platform-down", told("nothing of ours runs", gap))) down.push(gap);
  const [kills, at] = [random() < 0.08, span(HOUR_MS).fromMs];
  const isKilled = (kills || faults.isKilled) && faults.allows("episode/kill-switch", `kill switch at ${clock(at)}`);

  for (const integration of integrations)
    for (let number = 1; number <= more; number++) {
      const { fromMs } = span(35 * MINUTE_MS);
      const when = { fromMs, toMs: fromMs + 30 * MINUTE_MS };
      if (faults.allows(`episode/outage-${integration}-${number}`, told(`outage of ${integration}`, when)))
        outages.push({ ...when, integration, manner: "refusing", flapMs: undefined });
    }

  const covers = (spans: readonly Span[] | undefined, atMs: number) =>
    spans?.some(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs) ?? false;
  return {
    outageOf(integration, atMs) {
      for (const one of outages) {
        if (one.integration !== integration || !covers([one], atMs)) continue;
        if (one.flapMs !== undefined && Math.floor((atMs - one.fromMs) / one.flapMs) % 2 === 1) continue;
        return one.manner;
      }
      return undefined;
    },
    isOffline: (assetId, atMs) => covers(offline.get(assetId), atMs),
    isAhead: (assetId, atMs) => covers(ahead.get(assetId), atMs),
    isPlatformDown: (atMs) => covers(down, atMs),
    killSwitchAtMs: isKilled ? at : undefined,
    hindrancesOf: ({ assetId, integration }) => [
      ...outages.filter((one) => one.integration === integration),
      ...(offline.get(assetId) ?? []),
      ...(ahead.get(assetId) ?? []),
      ...down,
      ...(isKilled ? [{ fromMs: at, toMs: endMs }] : []),
    ],
  };
}
