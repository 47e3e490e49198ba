import type { Asset } from "../../../shared/domain/asset.ts";
import { round } from "../../../shared/domain/units.ts";
import type { ViessmannFeature } from "./api.ts";
import type { Features, Told } from "./features.ts";

export type HeatPump = Extract<Asset, { kind: "heat-pump" }>;

/** What the compressors do and draw, and the features this rests on. */
type Drawing = {
  compressorOn: boolean | null;
  powerKw: number | null;
  powerEstimated: boolean;
  from: ViessmannFeature[];
};

/** About the speed at which the machines in captures draw what their plate says. */
const FULL_SPEED_TURNS_PER_SECOND = 90;

/**
 * Electrical power is told in watts by few machines, in kilowatts or in percent by some, by most not at all. Without
 * it, it is estimated from whether and how fast the compressor turns; heating rods are not seen then.
 */
export function drawing(features: Features, asset: HeatPump): Drawing {
  const compressors = features.numbered("heating.compressors.", "").map((n) => `heating.compressors.${n}`);
  const active = compressors.flatMap((name) => features.flag(name, "active") ?? []);
  const speeds = compressors.flatMap((name) => features.turnsPerSecond(`${name}.speed.current`) ?? []);
  const measured = measuredKw(features);
  // `phase` is not asked: it reads "ready" on a machine that turns.
  const signs = [
    ...active.map(({ value }) => value),
    ...speeds.map(({ value }) => value > 0),
    ...measured.map(({ value }) => value >= DRAWING_KW),
  ];
  const compressorOn = signs.length === 0 ? null : signs.includes(true);
  const from = [...active, ...speeds, ...measured].map(({ feature }) => feature);
  if (measured.length > 0) return { compressorOn, powerKw: sum(measured), powerEstimated: false, from };

  const shares = compressors.flatMap((name) => {
    const percent = features.percent(`${name}.sensors.power`);
    if (!percent) return [];
    const ratedKw = features.kilowatts(`${name}.power`)?.value ?? asset.ratedPowerKw;
    return [{ value: (percent.value / 100) * ratedKw, feature: percent.feature }];
  });
  if (shares.length > 0) {
    const told = [...from, ...shares.map(({ feature }) => feature)];
    const on = compressorOn ?? shares.some(({ value }) => value > 0);
    return { compressorOn: on, powerKw: on ? sum(shares) : 0, powerEstimated: true, from: told };
  }
  if (compressorOn === null) return { compressorOn, powerKw: null, powerEstimated: false, from };
  return { compressorOn, powerKw: estimatedKw(compressorOn, speeds, asset), powerEstimated: true, from };
}

/** An inverter that rests draws some watts; a compressor cannot turn on so little. */
const DRAWING_KW = 0.1;

/** Watts of inverters, or else kilowatts of compressors: two views of the same power. */
function measuredKw(features: Features): Told[] {
  const view = (before: string, after: string) =>
    features.numbered(before, after).flatMap((n) => features.kilowatts(`${before}${n}${after}`) ?? []);
  const inverters = view("heating.inverters.", ".sensors.power.output");
  return inverters.length > 0 ? inverters : view("heating.compressors.", ".power.consumption.current");
}

function estimatedKw(on: boolean, speeds: readonly Told[], { ratedPowerKw }: HeatPump): number {
  if (!on) return 0;
  const fastest = Math.max(0, ...speeds.map(({ value }) => value));
  // On without a speed: one that only knows on and off.
  if (fastest === 0) return ratedPowerKw;
  return round(ratedPowerKw * Math.min(1, fastest / FULL_SPEED_TURNS_PER_SECOND), 3);
}

function sum(told: readonly { value: number }[]): number {
  return round(
    told.reduce((total, { value }) => total + value, 0),
    4,
  );
}
