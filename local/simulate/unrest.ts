import type { Asset } from "../../shared/domain/asset.ts";
import { HOUR_MS, instant, MINUTE_MS, parseInstant } from "../../shared/domain/instant.ts";
import type { Manifest } from "../../shared/domain/manifest.ts";
import type { Engine } from "./engine.ts";

/** What a world may have more of than the nights that prove promises, for guards that are hardly ever needed. */
export type Unrest = {
  /** Looks every few minutes, on three wheels. */
  isBrisk?: true;
  /** Vendors that allow a tenth of the calls, but for each device as many. */
  hasTightLimits?: true;
  /** Logins that live for some minutes. */
  hasShortLogins?: true;
  /** Owners who change their minds, and their settings, all the time. */
  hasRestlessOwners?: true;
  /** Outages of each vendor, one after the other. */
  outages?: number;
  /** Ticks of the scheduler in each minute, at any time of it. */
  ticksAMinute?: number;
};

const BRISK = { idleMinutes: 3, pluggedMinutes: 4, chargingMinutes: 5, openCommandMinutes: 1 };

export function manifestIn(manifest: Manifest, { isBrisk, hasTightLimits }: Unrest): Manifest {
  const { streams, rateLimits = [] } = manifest;
  const tight = rateLimits.map((limit) => ({
    ...limit,
    calls: limit.scope === "device" ? limit.calls : limit.calls / 10,
  }));
  return {
    ...manifest,
    ...(isBrisk && { streams: streams.map((stream) => ({ ...stream, cadence: BRISK })) }),
    ...(hasTightLimits && { rateLimits: tight }),
  };
}

/** How long an access token lives, ms: so much at least, and up to so much more. */
export function loginLifeMs({ hasShortLogins }: Unrest): { least: number; more: number } {
  return hasShortLogins
    ? { least: 14 * MINUTE_MS, more: 8 * MINUTE_MS }
    : { least: 100 * MINUTE_MS, more: 150 * MINUTE_MS };
}

const MINDS_A_MINUTE = 8;
/** How much sooner than it leaves an asset is to be ready, ms. */
const SOONER_MS = [0, 15 * MINUTE_MS, 30 * MINUTE_MS];

/** Each minute some owners want their asset ready at another time, and it is enrolled anew. */
export function restlessOwners(
  assets: readonly Asset[],
  { engine, fromMs, toMs }: { engine: Engine; fromMs: number; toMs: number },
  enrol: (asset: Asset) => Promise<void>,
): void {
  const change = () => {
    const asset = assets[Math.floor(engine.random() * assets.length)];
    const { preferences } = asset as Extract<Asset, { kind: "car" | "charger" }>;
    const sooner = SOONER_MS[Math.floor(engine.random() * SOONER_MS.length)] ?? 0;
    const readyMs = Date.parse(parseInstant(`2026-11-21T${preferences.readyBy}:00Z`)) - sooner;
    const readyBy = instant(readyMs + 24 * HOUR_MS).slice(11, 16);
    void enrol({ ...asset, preferences: { ...preferences, readyBy } } as Asset);
    return true;
  };
  for (let ms = fromMs; ms < toMs; ms += MINUTE_MS)
    for (let n = 0; n < MINDS_A_MINUTE; n++) engine.after(ms - fromMs + engine.random() * MINUTE_MS, change);
}
