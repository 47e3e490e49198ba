import { describe, expect, it } from "vitest";
import { aSoak } from "./soak-world.ts";

describe("a soak in a stage", () => {
  it("follows what it enrolled, judges, and leaves nothing of it", async () => {
    const world = aSoak();
    const { passed, assets } = await world.run();
    expect(passed).toBe(true);
    expect(assets.map(({ integration, commands }) => [integration, commands])).toEqual([
      ["acme", { issued: 1 }],
      ["bolt", { issued: 1 }],
    ]);
    expect(world.printed()).toContain("2 simulated assets are enrolled in stage dev");
    expect(world.printed()).toMatch(/They are gone\.\n$/);
    expect(world.left()).toEqual([]);
  });

  it("is told before the removal, which takes its minutes", async () => {
    const world = aSoak();
    world.hurried.abort();
    await expect(world.run()).rejects.toThrow("broken off");
    expect(world.verdicts).toMatchObject([{ passed: true }]);
  });

  it("removes what it has enrolled when it is stopped, and does not pass", async () => {
    const world = aSoak();
    const { passed, reasons } = await world.run({ onPause: () => world.stopped.abort() });
    expect([passed, reasons]).toEqual([false, ["it was broken off before its time"]]);
    expect(world.left()).toEqual([]);
  });

  it("removes what it has enrolled when the next one cannot be", async () => {
    let writes = 0;
    const world = aSoak({
      before({ name }) {
        if (name === "Put" && writes++ === 5) throw new Error("the table is down");
      },
    });
    await expect(world.run()).rejects.toThrow("the table is down");
    expect(writes).toBeGreaterThan(6);
    expect(world.verdicts).toEqual([]);
    expect(world.left()).toEqual([]);
  });

  it("says what may be left, and the commands that remove it, when somebody does not wait", async () => {
    const world = aSoak();
    world.hurried.abort();
    await expect(world.run()).rejects.toThrow("broken off");
    expect(world.printed()).toMatch(
      /may be left.*\n {2}npm run ops -- remove acme soak-1-customer-0001 --yes --stage dev\n {2}npm run ops -- remove bolt /,
    );
    expect(world.left()).not.toEqual([]);
  });
});
