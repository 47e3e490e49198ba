import { describe, expect, it } from "vitest";
import { plusMs } from "../../shared/domain/instant.ts";
import type { Portfolio } from "../../shared/domain/portfolio.ts";
import { anAsset, aPlan, aPortfolio, fakePlatform, NOW, runOps } from "./ops-world.ts";

const assets = [anAsset(), anAsset({ assetId: "car-0002", vendorAssetId: "5YJ3E7EA9PF100002" })];
async function shown(portfolios: readonly Portfolio[], ...more: string[]): Promise<string> {
  const { target } = fakePlatform({ assets, portfolios });
  const { code, out, err } = await runOps(["portfolio", "main@C", ...more], target);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  return out;
}

describe("ops portfolio", () => {
  it("tells how good the last plan is, and draws its hours", async () => {
    const out = await shown([
      aPortfolio([0, 14.72, 3.68, 0, 0, 7.36], {
        limitKw: [null, null, 4, 4, null, null],
        capacityPencePerKwh: [0, 0, 6.125, 0, 0, 0],
      }),
    ]);
    expect(out).toBe(`main@C on the local platform
  now         Wed 14 Jan 22:05, Europe/London (UTC+00:00)
  enrolled    2 assets
  planned     Wed 14 Jan 22:01, 4 min ago
  finished    yes
  charging    2 assets
  plan        costs 84.2 p, at least 83.9 p (gap 0.4 %)
  short       of nothing

  half-hour          load kW  limit kW  worth p/kWh
  Wed 14 Jan 22:30      14.7         -            -  ####################
  Wed 14 Jan 23:00       3.7       4.0         6.13  #####|
  Wed 14 Jan 23:30       0.0       4.0            -       |
  Thu 15 Jan 00:30       7.4         -            -  ##########
  # load  | limit; worth: what one more kWh of capacity there would save
`);
  });

  it("says that there is none yet, that time ran out, and what is short", async () => {
    expect(await shown([])).toContain("plan        none yet");
    const out = await shown([aPortfolio([0, 0], { isFinished: false, shortfallKwh: 3.21 })]);
    expect(out).toContain("finished    NO: time ran out; it stands with its gap");
    expect(out).toContain("short       by 3.2 kWh: not to be had in time");
    expect(out).toContain("No load is planned ahead, and nothing limits it.");
  });

  it("takes parts together, on half-hours, whatever their steps", async () => {
    const quarter = aPortfolio([1, 3, 5], {
      ...{ part: 1, parts: 3, stepMinutes: 15, startsAt: plusMs(NOW, 10 * 60_000), madeAt: plusMs(NOW, -600_000) },
      ...{ limitKw: [2, 2, null], capacityPencePerKwh: [0, 4, 1], objectivePence: 15.8, boundPence: 15.8, gap: 0 },
    });
    const half = aPortfolio([10, 20], { parts: 3, limitKw: [8, null], isFinished: false });
    const before = aPortfolio([99, 99], { part: 2, parts: 4 });
    const { plan } = JSON.parse(await shown([half, quarter, before], "--json"));
    expect(plan).toMatchObject({ parts: 3, partsMade: 2, assets: 4, objectivePence: 100, isFinished: false });
    expect(plan.gap).toBeCloseTo(0.003, 9);
    expect(plan.madeAt).toBe(quarter.madeAt);
    expect(plan.halfHours).toEqual([
      { startsAt: "2026-01-14T22:00:00.000Z", loadKw: 11, limitKw: 10, capacityPencePerKwh: 0 },
      { startsAt: "2026-01-14T22:30:00.000Z", loadKw: 24, limitKw: 2, capacityPencePerKwh: 4 },
    ]);
    expect(await shown([half, quarter, before])).toContain("2 of 3 parts: the others are not\n");
  });

  it("leaves out what lies behind, and stays within 80 columns when clocks change", async () => {
    const old = aPortfolio([50, 60, 70, 1], { startsAt: plusMs(NOW, -95 * 60_000) });
    expect(await shown([old])).not.toMatch(/[567]0\.0/);
    const { target } = fakePlatform({
      assets,
      portfolios: [
        aPortfolio(
          Array.from({ length: 96 }, () => 12345.6),
          {
            startsAt: "2026-03-28T12:00:00.000Z" as typeof NOW,
            limitKw: Array.from({ length: 96 }, () => 99999.9),
            capacityPencePerKwh: Array.from({ length: 96 }, () => 2000),
          },
        ),
      ],
    });
    target.connection.now = () => "2026-03-28T12:00:00.000Z" as typeof NOW;
    const { out } = await runOps(["portfolio", "main@C"], target);
    expect(out.split("\n").length).toBeGreaterThan(90);
    for (const line of out.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  it("refuses one that there is not", async () => {
    const { code, err } = await runOps(["portfolio", "main@P"], fakePlatform({ assets }).target);
    expect(code).toBe(2);
    expect(err).toContain("there is: main@C");
  });
});

describe("ops status", () => {
  const plan = aPlan(["15 00:30-01:00"]);
  const statusWith = async (proof: { objectivePence: number; boundPence: number; gap: number }, asset = anAsset()) => {
    const { target } = fakePlatform({ assets: [asset], plan: { ...plan, proof } });
    return (await runOps(["status", asset.assetId], target)).out;
  };

  it.each([
    [{ objectivePence: 84.2, boundPence: 83.9, gap: 0.003563 }, "costs 84.2 p, at least 83.9 p (gap 0.4 %)"],
    [{ objectivePence: 84.2, boundPence: 84.2, gap: 0 }, "costs 84.2 p, and none can cost less (gap 0 %)"],
    [{ objectivePence: 1684.2, boundPence: 1684.1, gap: 0.00006 }, "costs £16.84, at least £16.84 (gap below 0.1 %)"],
    [{ objectivePence: -40, boundPence: -50, gap: 0.25 }, "costs -40.0 p, at least -50.0 p (gap 25.0 %)"],
  ])("shows a plan's proof: %j", async (proof, line) => {
    expect(await statusWith(proof)).toContain(`\n  ${line}\n`);
  });

  it("says when carbon counts as money", async () => {
    const preferences = { targetSocPercent: 80, readyBy: "07:00", carbonWeightPencePerKg: 10 };
    const out = await statusWith({ objectivePence: 5, boundPence: 4, gap: 0.2 }, anAsset({ preferences }));
    expect(out).toContain("(gap 20.0 %), CO2 counted as money\n");
  });
});
