import { describe, expect, it } from "vitest";
import type { CommandRow } from "../../shared/domain/command-row.ts";
import { MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { withLine } from "../../shared/store/kill-switch.ts";
import { fakeCommandsStore } from "../fakes/commands-store.ts";
import { fakeKillSwitchStore } from "../fakes/kill-switch-store.ts";
import { aCommand, anAsset, fakePlatform, NOW, runOps, VIN } from "./ops-world.ts";

const evidence = `reading of 2026-01-14T22:01:00.000Z: charging at 7.3 kW, said by ${VIN}`;

/** A car with a command that was proved and one that waits, and where `change` has been at the stored rows. */
async function aPlatform(change: (rows: CommandRow[]) => CommandRow[] = (rows) => rows) {
  const platform = fakePlatform({ assets: [anAsset()] });
  const store = fakeCommandsStore([], { by: "tesla", now: () => NOW });
  const issuedAt = plusMs(NOW, -10 * MINUTE_MS);
  const first = await store.issue(aCommand({ issuedAt, status: "issued", attempts: 0 }));
  const sending = await store.transition(first ?? expect.fail(), "sending", { attempts: 1 });
  const accepted = await store.transition(sending ?? expect.fail(), "accepted", { acceptedAt: NOW });
  await store.transition(accepted ?? expect.fail(), "confirmed", { evidence });
  await store.issue(aCommand({ status: "issued", action: { kind: "charge.stop" }, commandId: `${NOW}-the-second` }));
  const trail = await store.trail("car-0001");
  platform.target.connection.commands.trail = async (assetId) =>
    assetId === "car-0001" ? { ...trail, rows: change(trail.rows) } : store.trail(assetId);
  return platform;
}

describe("ops audit verify", () => {
  it.each([[[]], [["--asset", "car-0001"]]])("says that the trail holds %j", async (more) => {
    const { target } = await aPlatform();
    expect(await runOps(["audit", "verify", ...more], target)).toEqual({
      code: 0,
      out: "The trail holds: 2 commands of 1 assets on the local platform.\n",
      err: "",
    });
  });

  it("names the first break and what to do next, with exit code 1", async () => {
    const { target } = await aPlatform((rows) => rows.map((row) => ({ ...row, reason: "cheapest, surely" })));
    const { code, err } = await runOps(["audit", "verify"], target);
    expect(code).toBe(1);
    expect(err).toContain(
      "car-0001, 2026-01-14T21:55:00.000Z-0123456789abcdef: line 1 (issued) is not what was written",
    );
    expect(err).toContain("docs/runbooks/verifier.md");
  });

  it("holds the kill switch's own trail too", async () => {
    const { target } = await aPlatform();
    const lines = withLine([], { isOn: true, since: NOW, by: "ops", reason: "cars report 400 V" });
    target.connection.killSwitch = fakeKillSwitchStore(lines.map((line) => ({ ...line, by: "somebody" })));
    const { code, err } = await runOps(["audit", "verify"], target);
    expect([code, err]).toEqual([1, expect.stringContaining("the kill switch: line 1 is not what was written")]);
  });

  it("knows of no trail of an asset that nobody commanded", async () => {
    const { target } = await aPlatform();
    const { code, err } = await runOps(["audit", "verify", "--asset", "car-0009"], target);
    expect([code, err]).toEqual([2, expect.stringContaining("No command of car-0009")]);
  });
});

describe("ops audit show", () => {
  it("prints the trail oldest first, who wrote each line and when, within 80 columns and without how the vendor names it", async () => {
    const { target } = await aPlatform();
    const { code, out } = await runOps(["audit", "show", "car-0001"], target);
    expect(code).toBe(0);
    expect(out).not.toContain(VIN);
    for (const line of out.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);
    expect(out.replaceAll(/[0-9a-f]{12}$/gm, "(hash)")).toMatchInlineSnapshot(`
      "car-0001 on the local platform, times of Europe/London (UTC+00:00)

      1. start 32 A: cheapest
         14 Jan 22:05:00  issued     tesla         (hash)
         14 Jan 22:05:00  sending    tesla         (hash)
         14 Jan 22:05:00  accepted   tesla         (hash)
         14 Jan 22:05:00  confirmed  tesla         (hash)
            reading of 2026-01-14T22:01:00.000Z: charging at 7.3 kW, said by
            (vendor's id)

      2. stop: cheapest
         14 Jan 22:05:00  issued     tesla         (hash)
      "
    `);
  });

  it("says that there is none yet", async () => {
    const { target } = fakePlatform({ assets: [anAsset()] });
    expect((await runOps(["audit", "show", "car-0001"], target)).out).toContain("No command yet.");
  });
});

describe("ops kill-switch", () => {
  it("is off on a platform where nobody ever set it", async () => {
    const { target } = fakePlatform();
    const { out } = await runOps(["kill-switch", "status"], target);
    expect(out).toBe("The kill switch of the local platform is off, and never was on.\n");
  });

  it("goes on with a reason and off again, and keeps who did so", async () => {
    const { target } = fakePlatform();
    const on = await runOps(["kill-switch", "on", "--reason", "cars report 400 V", "--by", "kim"], target);
    expect(on.out).toMatchInlineSnapshot(`
      "The kill switch of the local platform is ON.
        since       2026-01-14T22:05:00.000Z
        by          kim
        reason      cars report 400 V
      No command is sent from now on; those that wait are withdrawn. What a vendor
      has taken already goes on, and is judged. Devices that were held back are given
      back to their owners over the next ten minutes. To go on:
        npm run ops -- kill-switch off
      "
    `);
    expect(await target.connection.killSwitch.read()).toEqual({
      isOn: true,
      since: NOW,
      by: "kim",
      reason: "cars report 400 V",
    });
    expect((await runOps(["kill-switch", "on", "--reason", "again"], target)).out).toContain("Nothing was changed;");
    expect((await runOps(["kill-switch", "off"], target)).out).toContain("is off.");
    const { out } = await runOps(["kill-switch", "status", "--json"], target);
    expect(JSON.parse(out)).toMatchObject({ isOn: false, by: "ops" });
    expect(await target.connection.killSwitch.history()).toHaveLength(2);
  });

  it.each([[["on"]], [["on", "--reason", " "]], [["maybe"]]])("refuses %j, and nothing is switched", async (args) => {
    const { target } = fakePlatform();
    const { code } = await runOps(["kill-switch", ...args], target);
    expect(code).toBe(2);
    expect(await target.connection.killSwitch.history()).toEqual([]);
  });

  it("says so when somebody else was quicker", async () => {
    const { target } = fakePlatform();
    target.connection.killSwitch = { ...target.connection.killSwitch, set: async () => undefined };
    const { code, err } = await runOps(["kill-switch", "on", "--reason", "cars report 400 V"], target);
    expect([code, err]).toEqual([2, expect.stringContaining("at the same moment")]);
  });
});
