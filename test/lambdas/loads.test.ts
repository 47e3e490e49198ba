import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concernedBy, loadsOf } from "../../lambdas/optimiser/loads.ts";
import type { Asset, AssetId } from "../../shared/domain/asset.ts";
import type { Reading } from "../../shared/domain/reading.ts";
import { aCharger, aHeatPump, anAsset, aReading, aSolarSite } from "../builders.ts";

const CHARGER = aCharger();
const AT_CHARGER = anAsset({ chargerId: "charger-0001" });
const unheard = { control: false, givenAt: CHARGER.consent.givenAt };

const loads = (site: readonly Asset[], ...readings: Reading[]) =>
  loadsOf(site, new Map(readings.map((reading) => [reading.assetId, reading])));
const acting = (site: readonly Asset[], ...readings: Reading[]) =>
  loads(site, ...readings).map(({ asset, car }) => [asset.assetId, car?.asset.assetId]);
const plugged = (assetId: string, isPlugged: boolean | null = true) => aReading({ assetId, plugged: isPlugged });

describe("who acts on a site's loads", () => {
  it("is each car and each charger by itself where none names another", () => {
    expect(acting([anAsset(), CHARGER, aHeatPump(), aSolarSite()])).toEqual([
      ["charger-0001", undefined],
      ["car-0001", undefined],
    ]);
  });

  it("is the charger for a car that names it; the car is known by its charge while it is plugged in", () => {
    expect(acting([AT_CHARGER, CHARGER], plugged("car-0001"))).toEqual([["charger-0001", "car-0001"]]);
    expect(acting([AT_CHARGER, CHARGER], plugged("car-0001", false))).toEqual([["charger-0001", undefined]]);
    expect(acting([AT_CHARGER, CHARGER], plugged("car-0001", null))).toEqual([["charger-0001", undefined]]);
    expect(acting([AT_CHARGER, CHARGER])).toEqual([["charger-0001", undefined]]);
  });

  it("is the charger by its session when several cars say they are plugged in at it", () => {
    const second = anAsset({ assetId: "car-0002", chargerId: "charger-0001" });
    const [load] = loads([AT_CHARGER, second, CHARGER], plugged("car-0001"), plugged("car-0002"));
    expect(load).toMatchObject({ asset: CHARGER, partners: ["car-0001", "car-0002"] });
    expect(load?.car).toBeUndefined();
    expect(load?.notes).toEqual(["several cars say they are plugged in here; the session's energy counts"]);
    expect(acting([AT_CHARGER, second, CHARGER], plugged("car-0001"), plugged("car-0002", false))).toEqual([
      ["charger-0001", "car-0001"],
    ]);
  });

  it("is the car itself, with a note, when its charger is not enrolled or may not be controlled", () => {
    const note = ["its charger is not enrolled for control; the car acts itself"];
    expect(loads([AT_CHARGER])).toMatchObject([{ asset: AT_CHARGER, notes: note }]);
    expect(loads([AT_CHARGER, aCharger({ consent: unheard })])).toMatchObject([{ asset: AT_CHARGER, notes: note }]);
  });

  it("is nobody without consent", () => {
    expect(acting([anAsset({ consent: unheard }), aCharger({ consent: unheard })])).toEqual([]);
    expect(acting([{ ...AT_CHARGER, consent: unheard }, CHARGER], plugged("car-0001"))).toEqual([
      ["charger-0001", "car-0001"],
    ]);
  });

  it("is never two on one load, whoever is enrolled, plugged in and consenting", () => {
    const ids = (kind: string) => fc.constantFrom(...[1, 2, 3].map((n) => `${kind}-000${n}`));
    const cars = fc.uniqueArray(
      fc.record({
        assetId: ids("car"),
        chargerId: fc.option(ids("charger"), { nil: undefined }),
        control: fc.boolean(),
      }),
      { selector: ({ assetId }) => assetId },
    );
    const chargers = fc.uniqueArray(fc.record({ assetId: ids("charger"), control: fc.boolean() }), {
      selector: ({ assetId }) => assetId,
    });
    fc.assert(
      fc.property(cars, chargers, fc.array(ids("car")), (someCars, someChargers, pluggedIn) => {
        const consent = (control: boolean) => ({ control, givenAt: CHARGER.consent.givenAt });
        const site = [
          ...someCars.map(({ assetId, chargerId, control }) =>
            anAsset({ assetId, consent: consent(control), ...(chargerId && { chargerId }) }),
          ),
          ...someChargers.map(({ assetId, control }) => aCharger({ assetId, consent: consent(control) })),
        ];
        const found = loads(site, ...[...new Set(pluggedIn)].map((id) => plugged(id)));
        const actors = new Set<AssetId>(found.map(({ asset }) => asset.assetId));
        expect(actors.size).toBe(found.length);
        for (const { asset, partners } of found) {
          expect(asset.consent.control).toBe(true);
          for (const partner of partners) expect(actors.has(partner)).toBe(false);
          if (asset.kind === "car" && asset.chargerId !== undefined) expect(actors.has(asset.chargerId)).toBe(false);
        }
      }),
    );
  });
});

describe("news about an asset", () => {
  const site = [AT_CHARGER, CHARGER, aHeatPump(), aSolarSite()];
  const concerned = (asset: Asset) => concernedBy(asset, site, loads(site));

  it("concerns whoever acts for it", () => {
    expect(concerned(AT_CHARGER)).toEqual(["charger-0001"]);
    expect(concerned(CHARGER)).toEqual(["charger-0001"]);
    expect(concerned(aHeatPump())).toEqual(["heat-pump-0001"]);
  });

  it("concerns all of the site when it is of its sun", () => {
    expect(concerned(aSolarSite())).toEqual(["car-0001", "charger-0001", "heat-pump-0001"]);
  });
});
