import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Asset } from "../../shared/domain/asset.ts";
import { epochMs, instant } from "../../shared/domain/instant.ts";
import type { Slot } from "../../shared/domain/signal.ts";
import {
  anAsset,
  assetInput,
  chargerInput,
  fakePlatform,
  heatPumpInput,
  NOW,
  runOps,
  solarSiteInput,
  VIN,
} from "./ops-world.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "headroom-ops-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(content: unknown): string {
  const file = join(folder, "cars.json");
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

const NOW_MS = epochMs(NOW);

/** Cheap from 00:30 to 05:30, and whatever else is named. */
const goWith = (...rates: unknown[]) => ({
  kind: "time-of-use",
  rates: [{ from: "00:30", to: "05:30", pencePerKwh: 7.5 }, ...rates],
  otherwisePencePerKwh: 30,
});

describe("ops enrol", () => {
  it("stores an asset with its defaults, puts it on the schedule and announces it", async () => {
    const platform = fakePlatform();
    const { code, out, err } = await runOps(["enrol", fileOf(assetInput())], platform.target);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(platform.assets.get("car-0001")).toEqual(anAsset());
    expect(platform.members).toEqual(["acme car-0001 charge"]);
    expect(platform.bus.published).toEqual([
      { name: "AssetEnrolled", detail: { assetId: "car-0001", fleetId: "main" } },
    ]);
    expect(out).toContain("car-0001  enrolled: car, acme, fleet main");
    expect(out).toContain("not linked: npm run ops -- link --integration acme --account customer-0001");
  });

  it.each([
    ["car", "acme car-0001 charge", assetInput()],
    ["charger", "plugs charger-0001 charge", chargerInput()],
    ["heat-pump", "warm heat-pump-0001 heat", heatPumpInput()],
    ["solar-site", "sunny solar-0001 production", solarSiteInput()],
  ])("puts a %s on the schedule of its own stream: %s", async (kind, member, input) => {
    const platform = fakePlatform();
    const { code, out, err } = await runOps(["enrol", fileOf(input)], platform.target);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(platform.members).toEqual([member]);
    expect([...platform.assets.values()]).toEqual([Asset.parse(input)]);
    expect(out).toContain(`enrolled: ${kind}, ${input.integration}, fleet main`);
    expect(out).toContain("Until their logins are linked these accounts' assets stay unknown:");
  });

  const KINDS = [
    { name: "acme", kind: "car", input: assetInput },
    { name: "plugs", kind: "charger", input: chargerInput },
    { name: "warm", kind: "heat-pump", input: heatPumpInput },
    { name: "sunny", kind: "solar-site", input: solarSiteInput },
  ];
  it.each(KINDS)("takes from $name a $kind and nothing else", async ({ name, kind, input }) => {
    const { code } = await runOps(["enrol", fileOf(input())], fakePlatform().target);
    expect(code).toBe(0);
    for (const other of KINDS.filter((one) => one.name !== name)) {
      const file = fileOf(other.input({ integration: name }));
      const { err } = await runOps(["enrol", file], fakePlatform().target);
      expect(err).toContain(`[0] integration: ${name} is for a ${kind}, not for a ${other.kind}`);
    }
  });

  it("does not take a charger's serial number for a VIN", async () => {
    const file = fileOf(chargerInput({ vendorAssetId: "EHOIQ000000000001" }));
    expect((await runOps(["enrol", file], fakePlatform().target)).code).toBe(0);
  });

  it("counts each asset once: money is budgeted for each", async () => {
    const platform = fakePlatform();
    await runOps(
      ["enrol", fileOf([assetInput(), assetInput({ assetId: "car-0002", vendorAssetId: "5YJ3E7EA9PF100002" })])],
      platform.target,
    );
    await runOps(["enrol", fileOf(assetInput({ battery: { capacityKwh: 75 } }))], platform.target);
    expect(await platform.budgets.assets("acme")).toBe(2);
  });

  it("tells on repetition that nothing changed, and what did", async () => {
    const platform = fakePlatform();
    await runOps(["enrol", fileOf(assetInput())], platform.target);
    const again = await runOps(["enrol", fileOf([assetInput()])], platform.target);
    expect(again.out).toContain("car-0001  enrolled before, nothing changed");
    const changed = await runOps(["enrol", fileOf(assetInput({ battery: { capacityKwh: 75 } }))], platform.target);
    expect(changed.out).toContain("car-0001  replaced: battery changed");
    expect(platform.assets.size).toBe(1);
  });

  it("takes a site's own tariff and region, and says when nobody fetches the region", async () => {
    const input = assetInput({ site: { ...site("Europe/London"), region: "J", tariff: goWith() } });
    const fresh = fakePlatform();
    const { code, out } = await runOps(["enrol", fileOf(input)], fresh.target);
    expect(code).toBe(0);
    expect(fresh.assets.get("car-0001")?.site).toEqual(input.site);
    expect(out).toContain("no signals: name J (South East England) in tariff.siteRegions of lib/stages.ts");
    const [from, to] = [instant(NOW_MS - 1_800_000), instant(NOW_MS)];
    const slot: Slot = { startsAt: from, endsAt: to, value: 150, kind: "forecast", issuedAt: from };
    const fetching = fakePlatform({ signals: { "carbon-intensity#14": [slot] } });
    expect((await runOps(["enrol", fileOf(input)], fetching.target)).out).not.toContain("no signals");
  });

  const site = (timeZone: string) => ({ siteId: "home", timeZone });
  it.each<[what: string, content: unknown, says: string]>([
    ["text that is not JSON", `{"vendorAssetId": "${VIN}`, "cars.json: is not JSON"],
    ["an empty array", [], "cars.json: holds no asset"],
    ["null", null, "cars.json: [0]: expected object, received null"],
    ["an array in an array", [[assetInput()]], "cars.json: [0]: expected object, received array"],
    ["a missing field", assetInput({ fleetId: undefined }), "[0] fleetId: is missing (string)"],
    ["a field of a wrong type", [assetInput(), assetInput({ fleetId: 7 })], "[1] fleetId: expected string"],
    ["an unknown field", assetInput({ colour: "red" }), "[0]: unknown field: colour"],
    ["an id with capitals", assetInput({ assetId: "Car 1" }), "[0] assetId: lower-case letters"],
    [
      "a kind that there is not",
      assetInput({ kind: "boiler" }),
      "[0] kind: expected one of: car, charger, heat-pump, solar-site",
    ],
    ["no kind", assetInput({ kind: undefined }), "[0] kind: expected one of: car, charger, heat-pump, solar-site"],
    [
      "a local time that is none",
      assetInput({ preferences: { targetSocPercent: 80, readyBy: "7am" } }),
      "[0] preferences.readyBy: expected HH:MM",
    ],
    [
      "a share above all",
      assetInput({ preferences: { targetSocPercent: 101, readyBy: "07:00" } }),
      "[0] preferences.targetSocPercent: Too big",
    ],
    [
      "a time without a zone",
      assetInput({ consent: { control: true, givenAt: "2026-01-13T12:00" } }),
      "[0] consent.givenAt: expected a UTC instant",
    ],
    [
      "an integration that does not exist",
      assetInput({ integration: "acne" }),
      '[0] integration: there is no "acne"; there is: acme, warm, plugs, sunny',
    ],
    [
      "an integration of other devices",
      assetInput({ integration: "warm" }),
      "[0] integration: warm is for a heat-pump, not for a car",
    ],
    [
      "a time zone that does not exist",
      assetInput({ site: site("Europe/Londn") }),
      "[0] site.timeZone: is not an IANA time zone",
    ],
    ["a zone without summer time", assetInput({ site: site("EST") }), "[0] site.timeZone: is not an IANA time zone"],
    ["an offset for a zone", assetInput({ site: site("+01:00") }), "[0] site.timeZone: is not an IANA time zone"],
    [
      "a region that there is not",
      assetInput({ site: { ...site("Europe/London"), region: "I" } }),
      "[0] site.region: expected the letter of a GB electricity region",
    ],
    [
      "a tariff that there is not",
      assetInput({ site: { ...site("Europe/London"), tariff: { kind: "economy-7" } } }),
      "[0] site.tariff.kind: expected one of: agile, flat, time-of-use",
    ],
    [
      "a rate on top of another",
      assetInput({
        site: { ...site("Europe/London"), tariff: goWith({ from: "05:00", to: "07:00", pencePerKwh: 15 }) },
      }),
      "[0] site.tariff.rates.1: overlaps rates.0, 00:30 to 05:30",
    ],
    [
      "two tariffs at one site",
      [
        assetInput({ site: { ...site("Europe/London"), tariff: goWith() } }),
        chargerInput({ site: site("Europe/London") }),
      ],
      "[1] site.tariff: is not that of [0], at the same site",
    ],
    ["an empty vendor id", assetInput({ vendorAssetId: "" }), "[0] vendorAssetId: Too small"],
    ["a vendor id with a space", assetInput({ vendorAssetId: ` ${VIN}` }), "[0] vendorAssetId: has a space"],
    [
      "a VIN with an O for a 0",
      assetInput({ vendorAssetId: "5YJ3E7EA9PF1O0001" }),
      "[0] vendorAssetId: looks like a VIN, but",
    ],
    [
      "currents crossed",
      assetInput({ supply: { maxCurrentA: 8, minCurrentA: 10 } }),
      "[0] supply.minCurrentA: is above maxCurrentA",
    ],
    [
      "currents crossed at a charger",
      chargerInput({ supply: { maxCurrentA: 8, minCurrentA: 10 } }),
      "[0] supply.minCurrentA: is above maxCurrentA",
    ],
    [
      "a charger that wants a share of a battery",
      chargerInput({ preferences: { targetSocPercent: 80, readyBy: "07:00" } }),
      "[0] preferences.sessionEnergyKwh: is missing (number)",
    ],
    [
      "a heat pump without room between its hot water's ends",
      heatPumpInput({ preferences: { hotWaterMinC: 55, hotWaterMaxC: 55 } }),
      "[0] preferences.hotWaterMinC: is not below hotWaterMaxC",
    ],
    [
      "a heat pump whose rooms' band is upside down",
      heatPumpInput({ preferences: { hotWaterMinC: 45, hotWaterMaxC: 60, indoorMinC: 22, indoorMaxC: 19 } }),
      "[0] preferences.indoorMinC: is not below indoorMaxC",
    ],
    [
      "a heat pump without its power",
      heatPumpInput({ ratedPowerKw: undefined }),
      "[0] ratedPowerKw: is missing (number)",
    ],
    ["a solar site with a battery", solarSiteInput({ battery: { capacityKwh: 10 } }), "[0]: unknown field: battery"],
    ["a solar site without panels", solarSiteInput({ peakPowerKw: 0 }), "[0] peakPowerKw: Too small"],
    ["one asset twice", [assetInput(), assetInput({ vendorAssetId: "B-2" })], "[1] assetId: is that of [0] too"],
    ["one car twice", [assetInput(), assetInput({ assetId: "car-0002" })], "[1] vendorAssetId: is that of [0] too"],
  ])("refuses %s, says where, and writes nothing", async (_, content, says) => {
    const platform = fakePlatform();
    const { code, out, err } = await runOps(["enrol", fileOf(content)], platform.target);
    expect(code).toBe(2);
    expect(err).toContain(says);
    expect(out + err).not.toContain(VIN);
    expect(platform.assets.size + platform.members.length + platform.bus.published.length).toBe(0);
  });

  it("writes none of a file's good assets when one is bad, and tells all faults at once", async () => {
    const platform = fakePlatform();
    const cars = [
      assetInput(),
      assetInput({ assetId: "x", fleetId: "" }),
      assetInput({ assetId: "car-0003", site: site("Nowhere") }),
    ];
    const { err } = await runOps(["enrol", fileOf(cars)], platform.target);
    expect(err.split("\n").map((line) => line.replace(/^.*cars\.json: /, "").split(":")[0])).toEqual([
      "[1] assetId",
      "[1] fleetId",
      "[2] site.timeZone",
      "Nothing was enrolled.",
      "",
    ]);
    expect(platform.assets.size).toBe(0);
  });

  it("shows twenty faults and counts the rest", async () => {
    const cars = Array.from({ length: 30 }, (_, index) => assetInput({ assetId: `car-${index}`, fleetId: 1 }));
    const { err } = await runOps(["enrol", fileOf(cars)], fakePlatform().target);
    expect(err).toContain("and 10 more");
    expect(err.trim().split("\n")).toHaveLength(22);
  });

  it("refuses a car that is enrolled under another id", async () => {
    const platform = fakePlatform({ assets: [anAsset()] });
    const { code, err } = await runOps(["enrol", fileOf(assetInput({ assetId: "car-0002" }))], platform.target);
    expect(code).toBe(2);
    expect(err).toContain("[0] vendorAssetId: is enrolled already, as car-0001");
    expect(platform.assets.size).toBe(1);
  });

  it("refuses to move an asset to another integration, which would leave it on two schedules", async () => {
    const platform = fakePlatform({ assets: [anAsset({ integration: "warm" })] });
    const { code, err } = await runOps(["enrol", fileOf(assetInput())], platform.target);
    expect(code).toBe(2);
    expect(err).toContain("[0] integration: car-0001 is enrolled with warm");
  });

  it.each([
    ["a file that is not there", "none.json", "there is no such file"],
    ["a folder", ".", "is a folder, not a file"],
  ])("refuses %s", async (_, name, says) => {
    const { code, err } = await runOps(["enrol", join(folder, name)], fakePlatform().target);
    expect(code).toBe(2);
    expect(err).toContain(says);
  });
});
