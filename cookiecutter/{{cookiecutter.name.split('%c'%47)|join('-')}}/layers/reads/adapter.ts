import type { Asset } from "../../../shared/domain/asset.ts";
import { type Instant, instant } from "../../../shared/domain/instant.ts";
import type { ProductionReading } from "../../../shared/domain/reading.ts";
import type { VendorDevice } from "./device.ts";

export function toReading(device: VendorDevice, asset: Asset, receivedAt: Instant): ProductionReading {
  const from = device.countedFromMs ?? null;
  return {
    assetId: asset.assetId,
    stream: "production",
    observedAt: instant(device.measuredAtMs),
    receivedAt,
    productionKw: thousandth(device.productionW),
    producedKwh: thousandth(device.producedWh),
    producedFrom: from === null ? null : instant(from),
    gridKw: null,
    consumptionKw: null,
  };
}

function thousandth(value: number | null | undefined): number | null {
  return value === null || value === undefined ? null : value / 1000;
}
