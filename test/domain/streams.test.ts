import { describe, expect, it } from "vitest";
import { Asset, STREAM_OF_KIND } from "../../shared/domain/asset.ts";
import { Action, STREAM_OF_ACTION } from "../../shared/domain/command.ts";
import { Stream } from "../../shared/domain/reading.ts";
import { aCharger, aHeatPump, anAsset, aSolarSite } from "../builders.ts";

const KINDS = Asset.options.map((one) => one.shape.kind.value);
const ACTIONS = Action.options.map((one) => one.shape.kind.value);

describe("a stream", () => {
  it("is known for every kind of asset", () => {
    expect(Object.keys(STREAM_OF_KIND).sort()).toEqual([...KINDS].sort());
    expect(STREAM_OF_KIND).toEqual({
      car: "charge",
      charger: "charge",
      "heat-pump": "heat",
      "solar-site": "production",
    });
  });

  it("is known for every action", () => {
    expect(Object.keys(STREAM_OF_ACTION).sort()).toEqual([...ACTIONS].sort());
    expect(STREAM_OF_ACTION).toEqual({ "charge.start": "charge", "charge.stop": "charge", "heat.mode": "heat" });
  });

  it("of a proof is one that some asset is read on, and every stream has such an asset", () => {
    expect(new Set<string>(Object.values(STREAM_OF_KIND))).toEqual(new Set(Stream.options));
    for (const stream of Object.values(STREAM_OF_ACTION)) expect(Object.values(STREAM_OF_KIND)).toContain(stream);
  });
});

describe("an asset", () => {
  const all = [anAsset(), aCharger(), aHeatPump(), aSolarSite()];

  it("is one of four kinds, each with fields of its own", () => {
    expect(all.map((asset) => Asset.parse(asset))).toEqual(all);
    expect(all.map((asset) => asset.kind).sort()).toEqual([...KINDS].sort());
  });

  it.each(all.map((asset) => [asset.kind, asset] as const))("that is a %s fits no other kind", (kind, asset) => {
    for (const other of KINDS.filter((one) => one !== kind)) {
      expect(Asset.safeParse({ ...asset, kind: other }).success, other).toBe(false);
    }
  });
});
