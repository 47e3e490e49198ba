import { describe, expect, it } from "vitest";
import { firstBrokenLine } from "../../../shared/store/kill-switch.ts";
import { at } from "../../builders.ts";
import type { Stores } from "./stores.ts";

const on = { isOn: true, since: at("2026-11-21T02:00Z"), by: "ops", reason: "cars report 400 V" };
const off = { isOn: false, since: at("2026-11-21T03:00Z"), by: "ops", reason: "" };

/** There is one of it: its tests tell its story in order. */
export function killSwitchContract(stores: () => Stores): void {
  describe("the kill switch", () => {
    it("is off where nobody ever set it, and then what was said last", async () => {
      const { killSwitch } = stores();
      expect(await killSwitch.read()).toEqual({ isOn: false, since: null, by: null, reason: null });
      expect(await killSwitch.history()).toEqual([]);
      expect(await killSwitch.set(on)).toEqual(on);
      expect(await killSwitch.read()).toEqual(on);
      await killSwitch.set(off);
      expect(await killSwitch.read()).toEqual(off);
    });

    it("keeps every switching in a trail whose lines are tied to each other", async () => {
      const { killSwitch } = stores();
      await killSwitch.set(on);
      const lines = await killSwitch.history();
      expect(lines).toMatchObject([on, off, on]);
      expect(firstBrokenLine(lines)).toBeUndefined();
      for (const index of lines.keys()) {
        expect(firstBrokenLine(lines.map((line, at) => (at === index ? { ...line, reason: "no" } : line)))).toBe(
          index + 1,
        );
        if (index < lines.length - 1) expect(firstBrokenLine(lines.toSpliced(index, 1))).toBe(index + 1);
      }
    });

    it("is set by one of two who set it at once, and the other learns of it", async () => {
      const { killSwitch } = stores();
      const before = await killSwitch.history();
      const set = await Promise.all([killSwitch.set(on), killSwitch.set(off)]);
      const lines = await killSwitch.history();
      expect(lines).toHaveLength(before.length + set.filter((done) => done !== undefined).length);
      expect(firstBrokenLine(lines)).toBeUndefined();
    });
  });
}
