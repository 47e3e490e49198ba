import type { Action } from "../../../shared/domain/command.ts";
import type { FaultClass } from "../../../shared/domain/fault.ts";
import { epochMs, HOUR_MS, type Instant, later } from "../../../shared/domain/instant.ts";
import type { HeatMode } from "../../../shared/domain/reading.ts";
import { VendorError } from "../../../shared/errors.ts";
import type { Look } from "../../../shared/integration/contract.ts";
import { oddity, unknownOf } from "../../../shared/integration/odd.ts";
import type { ViessmannFeature } from "./api.ts";
import { Features, malformed, type Told, timeOf } from "./features.ts";
import { drawing, type HeatPump } from "./power.ts";

const CHARGE = "heating.dhw.oneTimeCharge";
const TARGET = "heating.dhw.temperature.main";
// A tank loses some tenths of a degree in an hour, and weather moves: a tenth that has not changed for this long, while
// other sensors went on, is a sensor that stopped.
const STALE_AFTER_MS = 3 * HOUR_MS;
/** A tank is heated again when it has cooled by about this below its target, K. */
const HYSTERESIS_K = 5;

/**
 * Everything a device told, as our look. A word, unit or value that is not Viessmann's is unknown, and told as such.
 * Throws `unsupported-by-device` when it is no heat pump, and `malformed-message` when nothing of it has a value.
 */
export function toLook(told: readonly ViessmannFeature[], asset: HeatPump, receivedAt: Instant): Look {
  const undated = told.filter((feature) => timeOf(feature, receivedAt) === undefined);
  const features = new Features(told.filter((feature) => !undated.includes(feature)));
  // What is set is as the device tells it now, however old: only what is measured must have a time.
  const set = new Features(told);
  const { from, ...power } = drawing(features, asset);
  const hotWater =
    features.celsius("heating.dhw.sensors.temperature.hotWaterStorage") ??
    features.celsius("heating.dhw.sensors.temperature.dhwCylinder");
  const indoor = features
    .numbered("heating.circuits.", ".sensors.temperature.room")
    .flatMap((n) => features.celsius(`heating.circuits.${n}.sensors.temperature.room`) ?? [])[0];
  const outdoor = features.celsius("heating.sensors.temperature.outside");
  const settings = [features.get(CHARGE), features.get(TARGET)];
  const temperatures = [hotWater, indoor, outdoor].map((one) => one?.feature);
  const timeIn = (feature: ViessmannFeature | undefined) => feature && timeOf(feature, receivedAt);
  const times = [...from, ...temperatures, ...settings, ...signsOfLife(features)].flatMap(
    (feature) => timeIn(feature) ?? [],
  );
  const [first, ...others] = times;
  if (first === undefined) throw nothingKnown(told, undated);
  // Each time is that feature's last change: the newest is the device's last sign of life.
  const observedAt = others.reduce(later, first);
  const fresh = (one: Told | undefined) => {
    const at = timeIn(one?.feature);
    return one && at && epochMs(observedAt) - epochMs(at) <= STALE_AFTER_MS ? one.value : null;
  };
  const mode = modeOf(set, asset);
  return {
    online: true,
    reading: {
      assetId: asset.assetId,
      stream: "heat",
      observedAt,
      receivedAt,
      mode,
      ...power,
      hotWaterC: fresh(hotWater),
      indoorC: fresh(indoor),
      outdoorC: fresh(outdoor),
    },
    ...unknownOf([...undated.map(untimed), ...features.odd, ...set.odd]),
  };
}

function untimed({ feature, timestamp }: ViessmannFeature): string {
  return oddity(`time of ${feature}`, timestamp);
}

function nothingKnown(told: readonly ViessmannFeature[], [undated]: readonly ViessmannFeature[]): VendorError {
  if (undated) return malformed(untimed(undated));
  if (told.length > 0) return malformed("the heat pump tells no value that we know");
  return new VendorError({
    fault: "unsupported-by-device",
    operation: "features",
    message: "the enrolled device has nothing of a heat pump; the heat pump is another device of the installation",
  });
}

/** Sensors read only for their time: water in the pipes moves when a resting plant's tank and the weather do not. */
function signsOfLife(features: Features): (ViessmannFeature | undefined)[] {
  const supplies = features
    .numbered("heating.circuits.", ".sensors.temperature.supply")
    .map((n) => `heating.circuits.${n}.sensors.temperature.supply`);
  return [...supplies, "heating.sensors.temperature.return", "heating.buffer.sensors.temperature.main"].map(
    (name) => features.celsius(name)?.feature,
  );
}

/** The one-time charge is the boost; a target at our reduced value is ours; any other is the owner's. */
function modeOf(features: Features, asset: HeatPump): HeatMode | null {
  const charge = features.flag(CHARGE, "active");
  if (charge?.value) return "boost";
  // Told in a way that we cannot read: perhaps it is on.
  if (!charge && features.get(CHARGE)?.properties?.active !== undefined) return null;
  const target = features.celsius(TARGET)?.value;
  if (target === undefined) return null;
  // One that cannot be set was not set by us.
  const isSettable = features.command(TARGET, "setTargetTemperature") !== undefined;
  return isSettable && target === reducedTargetC(features, asset) ? "reduced" : "normal";
}

/**
 * The target of `reduced`: the lowest on the device's scale from which the tank stays within the band until it is
 * heated again. Undefined when that is no lower than the owner's own.
 */
function reducedTargetC(features: Features, asset: HeatPump): number | undefined {
  const { hotWaterMinC, hotWaterMaxC } = asset.preferences;
  const { min, stepping } = boundsOf(features);
  const leastC = Math.max(hotWaterMinC + HYSTERESIS_K, min);
  const value = min + Math.ceil((leastC - min) / stepping - 1e-9) * stepping;
  return value < hotWaterMaxC ? value : undefined;
}

function boundsOf(features: Features): { min: number; max: number; stepping: number } {
  const { min, max, stepping } =
    features.command(TARGET, "setTargetTemperature")?.params?.temperature?.constraints ?? {};
  const step = stepping ?? 1;
  return { min: min ?? 0, max: max ?? Number.POSITIVE_INFINITY, stepping: step > 0 ? step : 1 };
}

/** One call of the vendor's command interface. */
export type ViessmannCall = { feature: string; name: string; params: Record<string, number> };

/**
 * The calls that bring a heat pump to the wanted mode, in the order in which stopping half-way is harmless; none when it
 * is in that mode. The owner's own target is the band's upper end: the target is lowered only from there, so that what
 * it goes back to is in the registry and cannot be lost. Throws when the device says that it would not take a call.
 */
export function toCalls(action: Action, told: readonly ViessmannFeature[], asset: HeatPump): ViessmannCall[] {
  if (action.kind !== "heat.mode") throw refusal("our-fault", `a heat pump knows no ${action.kind}`);
  const features = new Features(told);
  const charging = features.flag(CHARGE, "active")?.value;
  const target = features.celsius(TARGET)?.value;
  // Nothing is done on a guess.
  const [odd] = features.odd;
  if (odd !== undefined) throw malformed(odd);
  const reduced = reducedTargetC(features, asset);
  const isReduced = target !== undefined && target === reduced;
  const ownTargetC = asset.preferences.hotWaterMaxC;
  const giveBack = () => (isReduced ? [setTarget(features, ownTargetC)] : []);

  switch (action.mode) {
    case "boost":
      if (charging) return [];
      mayBoost(features, asset, isReduced ? ownTargetC : target);
      return [...giveBack(), switchCharge(features, "activate")];
    case "normal":
      if (charging === undefined && target === undefined) throw refusal("unsupported-by-device", "it has no hot water");
      return [...(charging ? [switchCharge(features, "deactivate")] : []), ...giveBack()];
    case "reduced": {
      const stop = charging ? [switchCharge(features, "deactivate")] : [];
      if (isReduced) return stop;
      if (target === undefined) throw refusal("unsupported-by-device", "it tells no hot-water target");
      if (reduced === undefined) throw refusal("our-configuration", "the agreed band is too narrow to reduce within");
      if (target !== ownTargetC) {
        throw refusal(
          "our-configuration",
          "the owner's own target is not the enrolled hotWaterMaxC, so it could not be given back",
        );
      }
      // A device may show a target that it would not take again: the way back is checked before the way there.
      setTarget(features, ownTargetC);
      return [...stop, setTarget(features, reduced)];
    }
  }
}

/** What the grid operator's limit says of a boost (§14a of the German energy act). Never fought. */
const LIMITED: Record<string, boolean> = {
  unlimitedAutonomous: false,
  unlimitedControlled: false,
  init: false,
  limited: true,
  failsafe: true,
};

/** The charge heats to the target and ends there by itself: that must be a temperature that was agreed. */
function mayBoost(features: Features, asset: HeatPump, targetC: number | undefined): void {
  const limit = features.text("device.power.statusReport.consumption", "status");
  if (limit !== undefined) {
    if (!Object.hasOwn(LIMITED, limit)) throw malformed(oddity("state of the grid operator's limit", limit));
    if (LIMITED[limit]) throw refusal("transient", "the grid operator limits its power now");
  }
  if (features.text("heating.dhw.operating.modes.active") === "off")
    throw refusal("customer-must-act", "hot water is switched off at the heat pump");
  if (targetC === undefined) throw refusal("unsupported-by-device", "it tells no hot-water target");
  if (targetC > asset.preferences.hotWaterMaxC) {
    throw refusal(
      "customer-must-act",
      "its own hot-water target is above the agreed band; lower it, or widen the band",
    );
  }
}

function switchCharge(features: Features, name: "activate" | "deactivate"): ViessmannCall {
  mustBeExecutable(features, CHARGE, name);
  return { feature: CHARGE, name, params: {} };
}

function setTarget(features: Features, temperature: number): ViessmannCall {
  mustBeExecutable(features, TARGET, "setTargetTemperature");
  const { min, max, stepping } = boundsOf(features);
  const steps = (temperature - min) / stepping;
  if (temperature < min || temperature > max || Math.abs(steps - Math.round(steps)) > 1e-6)
    throw refusal("our-fault", `${temperature} °C is beyond what the device lets itself be set to`);
  return { feature: TARGET, name: "setTargetTemperature", params: { temperature } };
}

function mustBeExecutable(features: Features, feature: string, name: string): void {
  const command = features.command(feature, name);
  if (!command) throw refusal("unsupported-by-device", `it has no ${feature} ${name}`);
  // The device would refuse; sending costs a call of the day's quota and changes nothing.
  if (!command.isExecutable) throw refusal("unsupported-by-device", `it does not let us ${name} ${feature} now`);
}

function refusal(fault: FaultClass, message: string): VendorError {
  return new VendorError({ fault, operation: "heat.mode", message });
}
