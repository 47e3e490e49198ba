import { MINUTE_MS } from "../../shared/domain/instant.ts";
import type { Manifest } from "../../shared/domain/manifest.ts";
import { Alarms } from "../cloudwatch/alarms.ts";
import { awsMetrics } from "../cloudwatch/aws-metrics.ts";
import { MetricStore } from "../cloudwatch/metric-store.ts";
import { seededRandom } from "../random.ts";
import type { Engine } from "../simulate/engine.ts";
import type { Faults } from "../simulate/faults.ts";
import { type Fleet, fleetOf } from "../simulate/fleet.ts";
import { MANIFESTS } from "../simulate/manifests.ts";
import { playNight, type Script, START_MS } from "../simulate/world.ts";
import type { Cause, Hands } from "./cause.ts";
import { PLAYED } from "./causes.ts";
import { Letters } from "./letters.ts";
import { measuredBy } from "./metering.ts";
import type { Prod } from "./prod.ts";

/** One time that somebody was told of an alarm, epoch ms. */
type Rang = { alarm: string; atMs: number /** Undefined while it rings still. */; okMs: number | undefined };
export type Played = { sinceMs: number; untilMs: number; rang: Rang[]; cpuMs?: number };

const HOURS = 10;
const ASSETS = 24;
/** Before it the stage is empty: a whole fleet is enrolled at one moment. */
const WARM_UP_MS = 40 * MINUTE_MS;
/** How long a night goes on after everything is well again. */
const CALM_MS = 30 * MINUTE_MS;

/** The vendors that are played, in the place of those that the night's own have: real cadences, limits and prices. */
function castOf(manifests: readonly Manifest[], played: readonly string[]) {
  return MANIFESTS.map((own, index): { own: string; manifest: Manifest } => {
    const real = manifests.find(({ name }) => name === played[index]);
    if (!real) throw new Error(`no integration ${played[index]}`);
    const { endpoints, callsPerLook, callsPerCommand } = own;
    return { own: own.name, manifest: { ...real, endpoints, callsPerLook, callsPerCommand } };
  });
}

/** Plays a cause in a night of stage prod until its alarm is over, and notes every alarm that told anybody. */
export async function playCause(
  cause: Cause,
  {
    prod,
    manifests,
    seed,
    onLine,
  }: { prod: Prod; manifests: readonly Manifest[]; seed: number; onLine?: ((line: string) => void) | undefined },
): Promise<Played> {
  const { assets = ASSETS, hours = HOURS, fault } = cause;
  const [fromMs, untilMs] = [START_MS + cause.from * MINUTE_MS, START_MS + (cause.from + cause.minutes) * MINUTE_MS];
  const cast = castOf(manifests, PLAYED);
  const store = new MetricStore();
  const alarms = new Alarms(prod.alarms, store, START_MS + WARM_UP_MS);
  let engine: Engine | undefined;
  const nowMs = () => engine?.nowMs() ?? START_MS;
  const now = () => (nowMs() >= fromMs && nowMs() < untilMs ? fault : undefined);
  const metrics = awsMetrics((datum, atMs = nowMs()) => {
    if (atMs >= START_MS + WARM_UP_MS) store.put(datum, atMs);
  });
  let sinceMs: number | undefined;
  let isOver = false;

  const minute = (hands: Hands) => {
    const atMs = nowMs();
    hands.letters.measure(metrics, atMs);
    if (atMs > START_MS + WARM_UP_MS) alarms.evaluate(atMs);
    if (sinceMs === undefined && atMs >= fromMs && (cause.since?.(hands) ?? true))
      sinceMs = cause.since ? atMs : fromMs;
    const lastMs = Math.max(untilMs, alarms.notifications.at(-1)?.atMs ?? 0);
    isOver =
      atMs >= lastMs + CALM_MS &&
      alarms.views().every(({ alarm, state }) => state !== "ALARM" || alarm.actions.ALARM.length === 0);
  };
  const script = (given: Engine): Script => {
    engine = given;
    return {
      faults: faultsOf((place, what) => now()?.strikes?.(place, what, nowMs())),
      episodes: {
        outageOf: (integration) => {
          const outage = now()?.outage;
          return outage?.integration === integration ? outage.manner : undefined;
        },
        isOffline: () => false,
        isAhead: () => false,
        isPlatformDown: () => false,
        killSwitchAtMs: undefined,
        hindrancesOf: () => [],
      },
      fleet: castFleet(fleetOf(seed, assets, { startMs: START_MS, hours: HOURS }), cast),
      told: (sources) => now()?.feeds?.(sources, nowMs()) ?? sources,
      begins(stage) {
        const hands: Hands = { ...stage, letters: new Letters(stage, prod), nowMs };
        const at = (ms: number, act: () => unknown) =>
          given.after(ms - START_MS, () => {
            void act();
            return true;
          });
        at(fromMs, () => cause.begins?.(hands));
        at(untilMs, () => {
          cause.ends?.(hands);
          hands.letters.purge(metrics, nowMs());
        });
        for (let ms = START_MS + MINUTE_MS; ms < START_MS + (hours + 1.25) * 60 * MINUTE_MS; ms += MINUTE_MS)
          given.after(ms - START_MS, () => {
            if (!isOver) minute(hands);
            return false;
          });
      },
      isOver: () => isOver,
    };
  };
  const priced = ({ manifest }: (typeof cast)[number]): Manifest => {
    const dear = fault?.price;
    if (dear?.integration !== manifest.name) return manifest;
    const { budgetUsdPerDeviceMonth: _, ...unlimited } = manifest;
    const priceOf = (kind: keyof Manifest["priceUsd"]) => ({
      enumerable: true,
      get: () => (now() ? dear.usd : manifest.priceUsd[kind]),
    });
    const priceUsd = Object.defineProperties(
      {},
      {
        state: priceOf("state"),
        data: priceOf("data"),
        command: priceOf("command"),
        wake: priceOf("wake"),
      },
    ) as Manifest["priceUsd"];
    return { ...unlimited, priceUsd };
  };
  const night = await playNight({
    ...{ keepsTrace: onLine !== undefined, seed, assets, hours, faults: { level: "none" }, script },
    manifests: cast.map(priced),
    spending: () => measuredBy(metrics, prod, engine as Engine, now),
  });
  if (onLine) for (const line of night.world.trace.lines) onLine(line);
  return { sinceMs: sinceMs ?? fromMs, untilMs, rang: rangIn(alarms) };
}

function castFleet({ assets, devices }: Fleet, cast: ReturnType<typeof castOf>): Fleet {
  const nameOf = (own: string) => cast.find((one) => one.own === own)?.manifest.name ?? own;
  return {
    assets: assets.map((asset) => ({ ...asset, integration: nameOf(asset.integration) })),
    devices: devices.map((device) => ({ ...device, integration: nameOf(device.integration) })),
  };
}

function faultsOf(
  strikes: (place: string, what: string) => ReturnType<NonNullable<NonNullable<Cause["fault"]>["strikes"]>>,
): Faults {
  let number = 0;
  let isOver = false;
  return {
    level: "none",
    isKilled: false,
    injected: [],
    allows: () => false,
    cease() {
      isOver = true;
    },
    strike(place, what) {
      const found = isOver ? undefined : strikes(place, what);
      if (!found) return undefined;
      number += 1;
      return { id: `${place}/${found.kind}#${number}`, kind: found.kind, random: found.random ?? seededRandom(number) };
    },
  };
}

/** Who was told of what, and when it was over. */
function rangIn({ notifications, transitions }: Alarms): Rang[] {
  return notifications.flatMap(({ alarm, atMs, state }) => {
    if (state !== "ALARM") return [];
    const over = transitions.find((one) => one.alarm === alarm && one.from === "ALARM" && one.atMs > atMs);
    return [{ alarm, atMs, okMs: over?.atMs }];
  });
}
