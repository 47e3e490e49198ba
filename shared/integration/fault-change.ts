import type { Asset } from "../domain/asset.ts";
import type { NewEvent } from "../domain/events.ts";
import { FAULT_TREATMENT, type FaultClass, isTold } from "../domain/fault.ts";
import { type OutageCause, outageUnderWay } from "../domain/outage.ts";
import type { Owed } from "../domain/reading.ts";
import { VendorError } from "../errors.ts";
import type { CausesStore } from "../store/causes.ts";
import type { Latest } from "../store/readings.ts";

/** What the vendor's answer says by itself; undefined for an exception of our own. */
export function saidBy(error: unknown): FaultClass | undefined {
  return error instanceof VendorError ? error.fault : undefined;
}

/** What keeps everybody of a vendor from being read just now; undefined when nothing does. */
export async function outageNow(
  integration: string,
  { causes }: { causes: Pick<CausesStore, "outage"> },
): Promise<OutageCause | undefined> {
  const row = await causes.outage(integration);
  return outageUnderWay(row?.outage)?.faultClass;
}

/** What a look's outcome owes to people: kept beside the row until it is on the bus, so that a crash loses nothing. */
export function faultChange(known: Latest | undefined, fault: FaultClass | undefined): Owed[] {
  const before = known?.reach.faultClass ?? undefined;
  const owed = known?.reach.owes ?? [];
  if (before === fault) return owed;
  return [
    ...owed,
    ...(before && isTold(before) ? [{ name: "FaultCleared" as const, faultClass: before }] : []),
    ...(fault && isTold(fault) ? [{ name: "FaultRaised" as const, faultClass: fault }] : []),
  ];
}

export function faultEvents({ assetId, accountId, integration }: Asset, owed: readonly Owed[]): NewEvent[] {
  return owed.map(({ name, faultClass }): NewEvent => {
    const detail = { assetId, accountId, integration, faultClass };
    if (name === "FaultCleared") return { name, detail };
    return { name, detail: { ...detail, nextStep: FAULT_TREATMENT[faultClass].nextStep } };
  });
}
