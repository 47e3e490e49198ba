import fc from "fast-check";
import type { FleetInput } from "../../../lambdas/optimiser/engine/fleet/problem.ts";

export type AnAsset = {
  fromSlot: number;
  toSlot: number;
  limitWh: number;
  headWh?: number;
  tailWh?: number;
  minimumWh: number;
  energyWh: number;
  maximumWh: number;
  priceClass: number;
  group: number;
  shortfallPrice: number;
};

export const anAsset = (over: Partial<AnAsset> = {}): AnAsset => {
  const asset = {
    fromSlot: 0,
    toSlot: 4,
    limitWh: 3700,
    minimumWh: 690,
    energyWh: 7400,
    maximumWh: 0,
    priceClass: 0,
    group: 0,
    shortfallPrice: 1_000_000,
    ...over,
  };
  return { ...asset, maximumWh: Math.max(asset.maximumWh, asset.energyWh) };
};

/** A fleet of few assets, written asset by asset; one class priced 10, 20, 30 ... p/kWh unless told otherwise. */
export function aFleet(
  assets: readonly AnAsset[],
  { slots = 4, ...over }: Partial<Omit<FleetInput, "assets">> = {},
): FleetInput {
  return {
    slots,
    price: Array.from({ length: slots }, (_, t) => (t + 1) * 100_000),
    ...over,
    assets: {
      count: assets.length,
      fromSlot: assets.map((a) => a.fromSlot),
      toSlot: assets.map((a) => a.toSlot),
      limitWh: assets.map((a) => a.limitWh),
      ...(assets.some((a) => a.headWh !== undefined) ? { headWh: assets.map((a) => a.headWh ?? a.limitWh) } : {}),
      ...(assets.some((a) => a.tailWh !== undefined) ? { tailWh: assets.map((a) => a.tailWh ?? a.limitWh) } : {}),
      minimumWh: assets.map((a) => a.minimumWh),
      energyWh: assets.map((a) => a.energyWh),
      maximumWh: assets.map((a) => a.maximumWh),
      priceClass: assets.map((a) => a.priceClass),
      group: assets.map((a) => a.group),
      shortfallPrice: assets.map((a) => a.shortfallPrice),
    },
  };
}

export type Drawn = { assets: AnAsset[]; slots: number; price: number[]; fleetCapWh: number[]; groupCapWh: number[] };

/** Quarters of a slot that are left of it; null for a whole one. */
const aPart = fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 4 }));

/** Small fleets of every kind: partial slots, ties, negative prices, tight and absent caps, optional energy, impossible needs. */
export const aDrawnFleet: fc.Arbitrary<Drawn> = fc
  .record({
    slots: fc.integer({ min: 1, max: 9 }),
    classes: fc.integer({ min: 1, max: 3 }),
    groups: fc.integer({ min: 1, max: 3 }),
  })
  .chain(({ slots, classes, groups }) =>
    fc.record({
      slots: fc.constant(slots),
      price: fc.array(fc.integer({ min: -8, max: 30 }), { minLength: classes * slots, maxLength: classes * slots }),
      fleetCapWh: fc.array(fc.oneof(fc.integer({ min: 0, max: 60 }), fc.constant(Infinity)), {
        minLength: slots,
        maxLength: slots,
      }),
      groupCapWh: fc.array(fc.oneof(fc.integer({ min: 0, max: 30 }), fc.constant(Infinity)), {
        minLength: groups * slots,
        maxLength: groups * slots,
      }),
      assets: fc.array(
        fc
          .record({
            window: fc.tuple(fc.integer({ min: 0, max: slots }), fc.integer({ min: 0, max: slots })),
            limitWh: fc.integer({ min: 0, max: 9 }),
            headShare: aPart,
            tailShare: aPart,
            minimumShare: fc.integer({ min: 0, max: 2 }),
            energyWh: fc.integer({ min: 0, max: 30 }),
            optionalWh: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 12 })),
            priceClass: fc.integer({ min: 0, max: classes - 1 }),
            group: fc.integer({ min: 0, max: groups - 1 }),
            shortfallPrice: fc.constantFrom(0, 12, 40, 1000),
          })
          .map(({ window: [a, b], headShare, tailShare, minimumShare, optionalWh, ...asset }) =>
            anAsset({
              ...asset,
              fromSlot: Math.min(a, b),
              toSlot: Math.max(a, b),
              minimumWh: Math.floor((asset.limitWh * minimumShare) / 3),
              maximumWh: asset.energyWh + optionalWh,
              ...(headShare === null ? {} : { headWh: Math.floor((asset.limitWh * headShare) / 4) }),
              ...(tailShare === null ? {} : { tailWh: Math.floor((asset.limitWh * tailShare) / 4) }),
            }),
          ),
        { minLength: 0, maxLength: 24 },
      ),
    }),
  );

export const fleetOf = ({ assets, ...rest }: Drawn): FleetInput => aFleet(assets, rest);
