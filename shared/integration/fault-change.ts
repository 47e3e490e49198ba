import type { Asset } from "../domain/asset.ts";
import type { NewEvent } from "../domain/events.ts";
import { FAULT_TREATMENT, type FaultClass } from "../domain/fault.ts";
import { VendorError } from "../errors.ts";
import type { Latest } from "../store/readings.ts";

/** An answer that looks like an outage is one only where others get it too; at one device it is a hiccup. */
export function standing(fault: FaultClass, vendorDown: boolean): FaultClass {
  return fault === "vendor-outage" && !vendorDown ? "transient" : fault;
}

export function faultOf(error: unknown): FaultClass {
  return error instanceof VendorError ? error.fault : "our-fault";
}

/** A fault is told when somebody but the platform has the next move, once per change of class. */
export function faultChange(asset: Asset, known: Latest | undefined, fault: FaultClass | undefined): NewEvent[] {
  const before = known?.reach.faultClass ?? undefined;
  if (before === fault) return [];
  const ref = { assetId: asset.assetId, integration: asset.integration };
  const events: NewEvent[] = [];
  const isTold = (name: FaultClass) => FAULT_TREATMENT[name].actor !== "platform";
  if (before && isTold(before)) events.push({ name: "FaultCleared", detail: { ...ref, faultClass: before } });
  if (fault && isTold(fault)) {
    events.push({
      name: "FaultRaised",
      detail: { ...ref, faultClass: fault, nextStep: FAULT_TREATMENT[fault].nextStep },
    });
  }
  return events;
}
