import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { hindsightForecast } from "../../local/backtest/forecast.ts";
import { type BacktestRequest, prepareBacktest } from "../../local/backtest/inputs.ts";
import { backtest, type Choices } from "../../local/backtest/run.ts";

const SHARED = process.env.HEADROOM_SHARED_DATA;
const ROOT = SHARED ? pathToFileURL(`${SHARED}/`) : new URL("../../../shared/data/", import.meta.url);
const path = (name: string) => fileURLToPath(new URL(name, ROOT));
const has = existsSync(path("sessions/reference_costs.json"));

const Case = z.object({
  sessions: z.number(),
  energy_kwh: z.number(),
  immediate: z.number(),
  cheapest: z.number(),
  sessions_file: z.string(),
  signal_file: z.string(),
  signal_column: z.string(),
  max_kw: z.number(),
  shift_days: z.number(),
});
const Reference = z.object({ cases: z.record(z.string(), Case) });

function referenceCase(name: string) {
  const { cases } = Reference.parse(JSON.parse(readFileSync(path("sessions/reference_costs.json"), "utf8")));
  const found = cases[name];
  if (!found) throw new Error(`no case ${name}`);
  return found;
}

function requestOf(one: z.infer<typeof Case>, stepMinutes: number): BacktestRequest {
  const signal = path(`signals/${one.signal_file}`);
  return {
    ...(one.signal_column.startsWith("import_pence") ? { prices: signal } : { carbon: signal }),
    sessions: path(`sessions/${one.sessions_file}`),
    chargers: { maxPowerKw: one.max_kw, ofStation: new Map([["11900388", 50]]) },
    shiftDays: one.shift_days,
    stepMinutes,
    zone: one.signal_file.startsWith("caiso") ? "America/Los_Angeles" : "Europe/London",
    publishedAt: "16:00",
    carbonWeightPencePerKg: 0,
  };
}

const CHOICES: Choices = {
  policy: "rolling",
  capKw: Number.POSITIVE_INFINITY,
  drivers: "stated",
  missedTimes: 16,
  execution: "any power",
};

describe.skipIf(!has)("with the recorded stays (skipped where the data is absent)", () => {
  it.each(["norway_on_agile_price", "norway_on_gb_carbon", "caltech_on_caiso_moer", "jpl_on_caiso_moer"])(
    "foresight and plug-in cost what the reference says of %s, to the last digit",
    async (name) => {
      const one = referenceCase(name);
      const inputs = await prepareBacktest(requestOf(one, 5));
      const { scores } = backtest(inputs, { ...CHOICES, policy: "cheapest" });
      // The reference gives marginal emissions in kg.
      const unit = one.signal_column.includes("kgco2") ? 1000 : 1;
      expect(scores.now.cars).toBe(one.sessions);
      expect(scores.cheapest.deliveredKwh).toBeCloseTo(one.energy_kwh, 2);
      expect(scores.now.value / unit).toBeCloseTo(one.immediate, 2);
      expect(scores.cheapest.value / unit).toBeCloseTo(one.cheapest, 2);
    },
  );

  it("rolling keeps 96 % of hindsight's saving on day-ahead prices and delivers all, also from 6 A in real runs", async () => {
    const inputs = await prepareBacktest(requestOf(referenceCase("norway_on_agile_price"), 10));
    const result = backtest(inputs, { ...CHOICES, execution: "real" });
    expect(result.shareOfSaving).toBeGreaterThan(0.96);
    expect(result.shareOfSaving).toBeLessThan(1);
    expect(result.scores.rolling?.lateCars).toBe(0);
    const parts = new Map(result.regret.parts.map(({ cause, value }) => [cause, value]));
    expect(parts.get("arrival")).toBeCloseTo(0, 3);
    expect(parts.get("departure")).toBeNull();
    expect(parts.get("signal")).toBeGreaterThan(100);
    expect(result.regret.parts.reduce((sum, { value }) => sum + (value ?? 0), 0)).toBeCloseTo(result.regret.value, 3);
  });

  it("rolling keeps 96 % of hindsight's saving at a site with room, the signal known, and delivers all", async () => {
    const inputs = await prepareBacktest(requestOf(referenceCase("caltech_on_caiso_moer"), 15));
    const known = { ...inputs, forecast: hindsightForecast(inputs.grid), signalIsForecast: false };
    const { scores, shareOfSaving } = backtest(known, { ...CHOICES, capKw: 60, drivers: "true" });
    expect(shareOfSaving).toBeGreaterThan(0.96);
    expect(scores.rolling?.deliveredKwh).toBeCloseTo(scores.now.neededKwh, 3);
  });

  it.each([
    [80, "known"],
    [40, "known"],
    [80, "stated"],
    [40, "stated"],
  ] as const)(
    "rolling loses at most half a point of energy to least laxity first under %i kW, drivers' plans %s",
    async (capKw, drivers) => {
      const inputs = await prepareBacktest(requestOf(referenceCase("jpl_on_caiso_moer"), 30));
      const { scores, shareOfSaving } = backtest(inputs, {
        ...CHOICES,
        capKw,
        drivers: drivers === "known" ? "true" : "stated",
      });
      const percent = (kwh = 0) => (100 * kwh) / scores.now.neededKwh;
      expect(percent(scores.rolling?.deliveredKwh)).toBeGreaterThan(percent(scores.llf?.deliveredKwh) - 0.5);
      expect(scores.rolling?.peakKw).toBeLessThanOrEqual(capKw + 1e-6);
      expect(shareOfSaving).toBeGreaterThan(0);
    },
    300_000,
  );
});
