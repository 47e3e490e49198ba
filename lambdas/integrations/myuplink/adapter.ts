import type { Asset } from "../../../shared/domain/asset.ts";
import type { Action } from "../../../shared/domain/command.ts";
import type { Instant } from "../../../shared/domain/instant.ts";
import type { HeatMode } from "../../../shared/domain/reading.ts";
import { VendorError } from "../../../shared/errors.ts";
import type { Look } from "../../../shared/integration/contract.ts";
import { oddity, unknownOf } from "../../../shared/integration/odd.ts";
import type { MyUplinkPoint } from "./api.ts";
import { allows, FREQUENCY_HZ, POWER_KW, Points, scaledValue, TEMPERATURE_C, type Where, WORD } from "./points.ts";

export type HeatPumpAsset = Extract<Asset, { kind: "heat-pump" }>;

/** How a device is connected: a word, or an integer in older answers. Anything else is an error: what it tells may be old. */
const CONNECTED: Record<string, boolean> = { Connected: true, Disconnected: false, "1": true, "0": false };

/** Smart-home modes as ours. `Vacation` reduces too, but only an owner chooses it. */
const MODES: Record<string, HeatMode> = {
  Default: "normal",
  Normal: "normal",
  Home: "normal",
  Away: "reduced",
  Vacation: "reduced",
};
/** The mode that an owner sets for a time away: it is neither set nor ended by us. */
const OWNERS_MODE = "Vacation";
/** Ours as smart-home modes. More heat is no mode: it is more hot water, for a while, on top of the normal one. */
const MODE_OF: Record<HeatMode, string> = { normal: "Default", boost: "Default", reduced: "Away" };

// NIBE's "temporary lux", by series. It heats the water further and ends by itself after some hours, also if we are gone.
const LUX_IDS = ["50004", "48132"];
const LUX_OFF = 0;
/** On, or the shortest time where several can be chosen (three hours). */
const LUX_ON = 1;

// Numbers of NIBE's F and S series; the category, where given, holds for all.
const HOT_WATER: Where = { category: "sh-hwTemp", ids: ["40013", "40014"], quantity: TEMPERATURE_C };
const INDOOR: Where = { category: "sh-indoorTemp", ids: ["40033"], quantity: TEMPERATURE_C };
const OUTDOOR: Where = { category: "sh-outdoorTemp", ids: ["40004"], quantity: TEMPERATURE_C };
// The currents BE1 to BE3 are of the house's main fuses, not of the pump: they are no power of ours.
const POWER: Where = { category: "sh-electricPowerUsedCurrently", ids: [], quantity: POWER_KW };
const COMPRESSOR: Where = { ids: ["43427"], quantity: WORD };
// Current frequency by series; last the one that a controller asks of its outdoor unit.
const FREQUENCY: Where = { ids: ["41778", "43136", "40782"], quantity: FREQUENCY_HZ };
/** A compressor's frequency at full load, roughly, Hz. */
const FULL_LOAD_HZ = 120;

/** NIBE's numbers for what a compressor does; one that stops still turns. */
const COMPRESSOR_ON: Record<string, boolean> = { "20": false, "40": true, "60": true, "100": true };

/** Never this close to the edge of the comfort band by our doing, °C. */
const WATER_MARGIN_C = 3;
const ROOM_MARGIN_C = 0.5;
/** Water and rooms change over tens of minutes. */
const COMFORT_RETRY_MS = 10 * 60_000;

/** True when the vendor says that it can reach the device. Throws `malformed-message` on a word that is not the vendor's. */
export function isConnected(state: unknown): boolean {
  return known(CONNECTED, state, "systems", "connectionState");
}

/** A smart-home mode as ours. Throws `malformed-message` on a word that is not the vendor's. */
export function modeOf(word: unknown): HeatMode {
  return known(MODES, word, "smart-home-mode", "smartHomeMode");
}

/** The mode of a device's system as told, or why it was not told. */
export type Shown = { word: unknown } | { failure: string };

/**
 * A device's points and its system's mode as our look; without a reading when no point says when it was measured. A word
 * that is not the vendor's is unknown, and told as such.
 */
export function toLook(list: readonly MyUplinkPoint[], shown: Shown, asset: HeatPumpAsset, receivedAt: Instant): Look {
  const points = new Points(list, receivedAt);
  const smartHomeMode = "word" in shown ? wordIn(MODES, shown.word) : undefined;
  const oddMode = "failure" in shown ? shown.failure : oddity("smartHomeMode", shown.word);
  const frequencyHz = points.value(FREQUENCY);
  const status = points.value(COMPRESSOR);
  const isOn = status === null ? undefined : wordIn(COMPRESSOR_ON, status);
  const compressorOn = isOn ?? (frequencyHz === null ? null : frequencyHz > 0);
  const measuredKw = points.value(POWER);
  const powerKw = measuredKw ?? estimatedKw(compressorOn, frequencyHz, asset);
  const temperatures = {
    hotWaterC: points.value(HOT_WATER),
    indoorC: points.value(INDOOR),
    outdoorC: points.value(OUTDOOR),
  };
  const unknown = unknownOf([
    ...points.odd,
    ...(status !== null && isOn === undefined ? [oddity("compressor status", status)] : []),
    ...(smartHomeMode === undefined ? [oddMode] : []),
  ]);
  if (points.observedAt === undefined) return { online: true, ...unknown };
  return {
    online: true,
    reading: {
      assetId: asset.assetId,
      stream: "heat",
      observedAt: points.observedAt,
      receivedAt,
      mode: smartHomeMode === undefined ? null : combinedMode(smartHomeMode, luxOf(points)),
      compressorOn,
      powerKw,
      powerEstimated: measuredKw === null && powerKw !== null,
      ...temperatures,
    },
    ...unknown,
  };
}

/** What brings a device to the wanted mode: a mode to put, and a point to set. */
export type MyUplinkChange = {
  mode?: string;
  /** `isPrecaution`: it shows the wanted value already, which may be the past. */
  lux?: { parameterId: string; value: string; isPrecaution: boolean };
};

/**
 * The change to the wanted mode; empty when it holds already. What is shown is only believed when `isSettled`: for up to a
 * minute after a change the cloud shows the old. Throws when the owner is on vacation, the device has no such lever, or the
 * change could leave the comfort band.
 */
export function toChange(
  action: Action,
  shown: { points: readonly MyUplinkPoint[]; smartHomeMode: unknown; isSettled: boolean },
  asset: HeatPumpAsset,
): MyUplinkChange {
  if (action.kind !== "heat.mode") throw refusal("our-fault", "a heat pump cannot charge");
  const points = new Points(shown.points);
  const mode = modeOf(shown.smartHomeMode);
  const lux = points.setting(LUX_IDS);
  if (action.mode === "boost" && (!lux || !allows(lux, LUX_ON)))
    throw refusal("unsupported-by-device", "the heat pump has no extra hot water that ends by itself");

  const change: MyUplinkChange = {};
  if (shown.smartHomeMode === OWNERS_MODE) {
    // Less is what the owner wants too. More, or normal, is not fought for.
    if (action.mode !== "reduced") throw refusal("customer-must-act", "the owner has set the vacation mode");
  } else if (!shown.isSettled || mode !== modeOf(MODE_OF[action.mode])) {
    // The owner's own word for it, if it is one: "Home" is given back as "Home".
    change.mode = mode === modeOf(MODE_OF[action.mode]) ? String(shown.smartHomeMode) : MODE_OF[action.mode];
  }
  const wantsLux = action.mode === "boost";
  const showsWanted = lux !== undefined && isOn(lux) === wantsLux;
  if (lux && !(shown.isSettled && showsWanted)) {
    const value = String(wantsLux ? LUX_ON : LUX_OFF);
    change.lux = { parameterId: lux.parameterId, value, isPrecaution: showsWanted };
  }
  // What holds already is not started by us.
  if (change.mode !== undefined || change.lux !== undefined) keepComfort(action.mode, points, asset);
  return change;
}

/** Throws when a change could bring water or rooms out of the owner's band. */
function keepComfort(mode: HeatMode, points: Points, { preferences }: HeatPumpAsset): void {
  if (mode === "normal") return;
  const hotWaterC = points.value(HOT_WATER);
  const indoorC = points.value(INDOOR);
  if (hotWaterC === null)
    throw refusal("unsupported-by-device", "the heat pump tells no hot-water temperature to keep comfort by");
  if (mode === "boost") {
    if (hotWaterC >= preferences.hotWaterMaxC) throw notNow("the hot water is as hot as its owner allows");
    return;
  }
  if (hotWaterC < preferences.hotWaterMinC + WATER_MARGIN_C)
    throw notNow("the hot water is near the least that its owner wants");
  const { indoorMinC } = preferences;
  if (indoorMinC === undefined) return;
  if (indoorC === null) throw refusal("unsupported-by-device", "the heat pump tells no room temperature");
  if (indoorC < indoorMinC + ROOM_MARGIN_C) throw notNow("the rooms are near the coldest that their owner wants");
}

/** More hot water while the house is turned down is neither of our modes. */
function combinedMode(mode: HeatMode, lux: boolean | undefined): HeatMode | null {
  if (!lux) return mode;
  return mode === "normal" ? "boost" : null;
}

function luxOf(points: Points): boolean | undefined {
  const lux = points.setting(LUX_IDS);
  return lux && isOn(lux);
}

function isOn(lux: MyUplinkPoint): boolean {
  return (scaledValue(lux) ?? LUX_OFF) > LUX_OFF;
}

function estimatedKw(compressorOn: boolean | null, frequencyHz: number | null, { ratedPowerKw }: HeatPumpAsset) {
  if (compressorOn === null) return null;
  if (!compressorOn) return 0;
  return ratedPowerKw * (frequencyHz === null || frequencyHz <= 0 ? 1 : Math.min(1, frequencyHz / FULL_LOAD_HZ));
}

function wordIn<T>(table: Record<string, T>, word: unknown): T | undefined {
  const key = typeof word === "string" || typeof word === "number" ? String(word) : "";
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

/** A word that something rests on. */
function known<T>(table: Record<string, T>, word: unknown, operation: string, field: string): T {
  const meaning = wordIn(table, word);
  if (meaning !== undefined) return meaning;
  throw new VendorError({ fault: "malformed-message", operation, message: `unknown ${oddity(field, word)}` });
}

function refusal(fault: "our-fault" | "unsupported-by-device" | "customer-must-act", message: string): VendorError {
  return new VendorError({ fault, operation: "heat.mode", message });
}

/** Nothing is wrong, but not now: it is tried again until the command is too old. */
function notNow(message: string): VendorError {
  return new VendorError({ fault: "transient", operation: "heat.mode", message, retryAfterMs: COMFORT_RETRY_MS });
}
