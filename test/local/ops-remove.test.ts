import { describe, expect, it } from "vitest";
import type { Hooks } from "../../local/memory/document-client.ts";
import { runOps } from "./ops-world.ts";
import { aPlatform, GONE, MARKERS } from "./removal-world.ts";

const REMOVE = ["remove", "acme", "customer-gone"];
type Platform = Awaited<ReturnType<typeof aPlatform>>;

const removed = (platform: Platform, ...more: string[]) =>
  runOps([...REMOVE, "--yes", ...more], platform.target, undefined, async (ms) => platform.pass(ms));

/** Hooks that let so many writes happen and then lose the next one's answer, or the write itself. */
function dyingAfter(writes: number, lose: "before" | "after") {
  let left = writes;
  const hooks: Hooks = {
    [lose]: ({ name }: { name: string }) => {
      if (!["Get", "Query", "BatchGet"].includes(name) && left-- === 0) throw new Error("killed");
    },
  };
  return { hooks, isReached: () => left < 0 };
}

describe("ops remove", () => {
  it("lists what would go, and leaves it", async () => {
    const platform = await aPlatform(true);
    const before = platform.items();
    const { code, out } = await runOps(REMOVE, platform.target);
    expect(code).toBe(0);
    expect(platform.items()).toEqual(before);
    expect(out).toContain("the account, its login and 2 assets");
    expect(out).toMatch(/ 2 of table assets/);
    expect(out).toMatch(/ 6 of table commands/);
    expect(out).toContain("Nothing was removed");
    expect(out).toContain("remove acme customer-gone --yes");
    for (const line of out.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);
  });

  it("leaves every table as if the customer had never been, and others untouched", async () => {
    const platform = await aPlatform(true);
    const { code, out } = await removed(platform);
    expect(code).toBe(0);
    expect(platform.items()).toEqual((await aPlatform(false)).items());
    const text = JSON.stringify(platform.items());
    for (const marker of MARKERS.slice(0, 4)) expect(text).not.toContain(marker);
    expect(out).toContain("2 commands; they ended at");
  });

  it("hands out a receipt with counts and the trails' last hashes, and names nobody", async () => {
    const platform = await aPlatform(true);
    const { commands } = platform.target.connection;
    const { out } = await removed(platform, "--json");
    const receipt = JSON.parse(out);
    expect(receipt).toMatchObject({ scope: "account", assets: 2, commands: 2, rows: { assets: 2, accounts: 4 } });
    expect(receipt.heads).toHaveLength(2);
    expect(receipt.hash).toMatch(/^[0-9a-f]{64}$/);
    for (const marker of MARKERS) expect(out).not.toContain(marker);
    expect(await commands.newest("car-gone")).toBeUndefined();
  });

  it("withdraws what waits and tells so, before anything of it goes", async () => {
    const platform = await aPlatform(true);
    platform.bus.published.length = 0;
    await removed(platform);
    expect(
      platform.bus.published.map(({ name, detail }) => [name, "assetId" in detail && detail.assetId]).sort(),
    ).toEqual([
      ["CommandWithdrawn", "box-gone"],
      ["CommandWithdrawn", "car-gone"],
    ]);
  });

  it("takes away what an invocation that was under way wrote meanwhile", async () => {
    const platform = await aPlatform(true);
    const { code } = await runOps([...REMOVE, "--yes"], platform.target, undefined, async (ms) => {
      for (const asset of GONE) await platform.live(asset, 2);
      await platform.target.connection.readings.recordFailure("car-gone", "charge", {
        lastFetchedAt: platform.target.connection.now(),
        online: null,
        failures: 1,
        faultClass: "device-offline",
      });
      platform.pass(ms);
    });
    expect(code).toBe(0);
    expect(platform.items()).toEqual((await aPlatform(false)).items());
  });

  it.each(["before", "after"] as const)("goes on where it was killed %s any write, to the same end", async (lose) => {
    const end = (await aPlatform(false)).items();
    const whole = JSON.parse((await removed(await aPlatform(true), "--json")).out);
    for (let writes = 0; ; writes++) {
      const { hooks, isReached } = dyingAfter(writes, lose);
      const platform = await aPlatform(true, hooks);
      const first = await removed(platform, "--json");
      if (!isReached()) break;
      expect(first.code, `killed at write ${writes}`).toBe(1);
      const second = await removed(platform, "--json");
      expect(second.code).toBe(0);
      expect(platform.items(), `killed at write ${writes}`).toEqual(end);
      // The answer of the very last write may be lost: then nothing is left to tell of.
      const receipt = JSON.parse(second.out) ?? whole;
      const { startedAt, rows, assets, heads } = receipt;
      expect({ startedAt, rows, assets, heads }).toEqual({
        startedAt: whole.startedAt,
        rows: whole.rows,
        assets: 2,
        heads: whole.heads,
      });
    }
  });

  it("removes one asset and leaves the account's login and others", async () => {
    const platform = await aPlatform(true);
    const { code, out } = await removed(platform, "--asset", "car-gone");
    expect(code).toBe(0);
    expect(out).toContain("stays: it is the account's");
    expect(JSON.stringify(platform.items())).not.toContain("car-gone");
    const { assets, accounts, budgets } = platform.target.connection;
    expect(await assets.get(["box-gone"])).toHaveLength(1);
    expect(await accounts.get("acme#customer-gone")).toBeDefined();
    expect(await budgets.assets("acme")).toBe(3);
    await removed(platform);
    expect(platform.items()).toEqual((await aPlatform(false)).items());
  });

  it("says that nothing is stored of a stranger, and the second time", async () => {
    const platform = await aPlatform(true);
    const stranger = await runOps(["remove", "acme", "customer-none", "--yes"], platform.target);
    expect(stranger).toMatchObject({ code: 0, out: expect.stringContaining("nothing of it is stored") });
    await removed(platform);
    expect((await removed(platform)).out).toContain("nothing of it is stored");
  });

  it.each([
    [["remove", "nobody", "customer-gone"], "must be one of: acme"],
    [["remove", "acme", "Customer Gone"], "lower-case letters"],
    [["remove", "acme", "customer-gone", "--asset", "x"], "lower-case letters"],
  ])("refuses %j", async (args, says) => {
    const { code, err } = await runOps(args, (await aPlatform(true)).target);
    expect([code, err]).toEqual([2, expect.stringContaining(says)]);
  });
});
