import { loadManifests } from "../../lib/manifests.ts";
import type { Manifest } from "../../shared/domain/manifest.ts";
import type { StartSimulation } from "../../shared/integration/simulation.ts";

/** An integration as a night needs it: its facts and its vendor's simulation, known by its folder alone. */
export type Vendor = {
  name: string;
  manifest: Manifest;
  startSimulation: StartSimulation;
  /** How this vendor names its n-th device; made up. */
  vendorAssetId: (index: number) => string;
  /** Of heat pumps: `reduced` turns the rooms down too. */
  heatsRooms: boolean;
};

export type NamesDevices = Pick<Vendor, "name" | "vendorAssetId">;

/** Every integration under lambdas/integrations, in alphabetical order. */
export async function loadVendors(): Promise<Vendor[]> {
  const manifests = await loadManifests();
  return Promise.all(
    manifests.map(async (manifest) => {
      const { name } = manifest;
      const folder = new URL(`../../lambdas/integrations/${name}/`, import.meta.url);
      const module: Pick<Vendor, "startSimulation" | "vendorAssetId"> & Partial<Vendor> = await import(
        new URL("simulation.ts", folder).href
      );
      const { startSimulation, vendorAssetId, heatsRooms = false } = module;
      return { name, manifest, startSimulation, vendorAssetId, heatsRooms };
    }),
  );
}

/** Those of one family. Throws when there is none: a night without them must not ask for any. */
export function ofFamily(vendors: readonly Vendor[], family: Manifest["family"]): [Vendor, ...Vendor[]] {
  const [first, ...others] = vendors.filter(({ manifest }) => manifest.family === family);
  if (!first) throw new Error(`no integration under lambdas/integrations is of family ${family}`);
  return [first, ...others];
}

/** Gives each item the next vendor in turn, and the name that this vendor has for its device. */
export function inTurn<T>(
  items: readonly T[],
  vendors: readonly NamesDevices[],
): { of: T; integration: string; vendorAssetId: string }[] {
  return items.map((of, index) => {
    const vendor = vendors[index % vendors.length];
    if (!vendor) throw new RangeError("devices need a vendor");
    const vendorAssetId = vendor.vendorAssetId(Math.floor(index / vendors.length));
    return { of, integration: vendor.name, vendorAssetId };
  });
}
