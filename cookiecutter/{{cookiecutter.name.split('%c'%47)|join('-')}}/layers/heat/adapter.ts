import type { Asset } from "../../../shared/domain/asset.ts";
import type { Action } from "../../../shared/domain/command.ts";
import { type Instant, instant } from "../../../shared/domain/instant.ts";
import type { HeatMode, HeatReading } from "../../../shared/domain/reading.ts";
import { VendorError } from "../../../shared/errors.ts";
import type { VendorCommand, VendorDevice } from "./device.ts";

/** The vendor's words for how hard a device works. A word that is not here is an error, never a default. TODO */
const MODES: Record<string, HeatMode> = { auto: "normal", comfort: "boost", eco: "reduced" };
const WORDS: Record<HeatMode, string> = { normal: "auto", boost: "comfort", reduced: "eco" };

/** Throws `malformed-message` on a mode that is not the vendor's. */
export function toReading(device: VendorDevice, asset: Asset, receivedAt: Instant): HeatReading {
  const mode = Object.hasOwn(MODES, device.mode) ? MODES[device.mode] : undefined;
  if (mode === undefined) {
    throw new VendorError({
      fault: "malformed-message",
      operation: "device",
      message: `unknown mode "${device.mode.slice(0, 30)}"`,
    });
  }
  return {
    assetId: asset.assetId,
    stream: "heat",
    observedAt: instant(device.measuredAtMs),
    receivedAt,
    mode,
    compressorOn: device.compressor ?? null,
    powerKw: device.powerW === null || device.powerW === undefined ? null : device.powerW / 1000,
    powerEstimated: false,
    hotWaterC: device.hotWaterC ?? null,
    indoorC: device.indoorC ?? null,
    outdoorC: device.outdoorC ?? null,
  };
}

/** Throws `unsupported-by-device` on an action that is not of heating. */
export function toCommand(action: Action): VendorCommand {
  switch (action.kind) {
    case "heat.mode":
      return { mode: WORDS[action.mode] };
    case "charge.start":
    case "charge.stop":
      throw new VendorError({
        fault: "unsupported-by-device",
        operation: action.kind,
        message: "it heats and does not charge",
      });
  }
}

/** True when the device is in the wanted state already. */
export function holds(device: VendorDevice, wanted: VendorCommand): boolean {
  return device.mode === wanted.mode;
}
