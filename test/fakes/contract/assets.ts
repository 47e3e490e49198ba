import { describe, expect, it } from "vitest";
import { aCharger, anAsset } from "../../builders.ts";
import { fresh, freshIds, type Stores } from "./stores.ts";

export function assetsContract(stores: () => Stores): void {
  describe("assets", () => {
    it("gives back what was put, and replaces it when put again", async () => {
      const { assets } = stores();
      const asset = anAsset({ assetId: fresh("car") });
      await assets.put(asset);
      expect(await assets.get([asset.assetId])).toEqual([asset]);

      const moved = { ...asset, fleetId: "another" };
      await assets.put(moved);
      expect(await assets.get([asset.assetId])).toEqual([moved]);
    });

    it("leaves out unknown ids and answers nothing for no ids", async () => {
      const { assets } = stores();
      expect(await assets.get([fresh("nobody")])).toEqual([]);
      expect(await assets.get([])).toEqual([]);
    });

    it("reads more than a hundred in one go", async () => {
      const { assets } = stores();
      const ids = freshIds("car", 205);
      await Promise.all(ids.map((assetId) => assets.put(anAsset({ assetId }))));
      const found = await assets.get([...ids, fresh("nobody")]);
      expect(found.map((asset) => asset.assetId).sort()).toEqual([...ids].sort());
    });

    it("refuses to read one id twice in a call", async () => {
      const { assets } = stores();
      const id = fresh("car");
      await expect(assets.get([id, id])).rejects.toThrow();
    });

    it("gives every asset of a fleet and none of another", async () => {
      const { assets } = stores();
      const fleetId = fresh("fleet");
      const ids = freshIds("car", 7);
      for (const assetId of ids) await assets.put(anAsset({ assetId, fleetId }));
      await assets.put(anAsset({ assetId: fresh("car"), fleetId: fresh("fleet") }));
      expect((await assets.fleet(fleetId)).map((asset) => asset.assetId).sort()).toEqual([...ids].sort());
      expect(await assets.fleet(fresh("fleet"))).toEqual([]);
    });

    it("gives every asset of a site, also after one has moved", async () => {
      const { assets } = stores();
      const [home, other] = [fresh("home"), fresh("home")];
      const at = (siteId: string) => ({ site: { siteId, timeZone: "Europe/London" } });
      const [car, charger] = [
        anAsset({ assetId: fresh("car"), ...at(home) }),
        aCharger({ assetId: fresh("charger"), ...at(home) }),
      ];
      await assets.put(car);
      await assets.put(charger);
      await assets.put(anAsset({ assetId: fresh("car"), ...at(other) }));
      expect((await assets.site(home)).map(({ assetId }) => assetId).sort()).toEqual(
        [car.assetId, charger.assetId].sort(),
      );
      await assets.put({ ...car, ...at(other) });
      expect(await assets.site(home)).toEqual([charger]);
      expect(await assets.site(fresh("nowhere"))).toEqual([]);
    });
  });
}
