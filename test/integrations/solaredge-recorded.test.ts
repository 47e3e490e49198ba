import { existsSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { toLook } from "../../lambdas/integrations/solaredge/adapter.ts";
import {
  errorOf,
  SolarEdgeDevices,
  SolarEdgeMeters,
  SolarEdgeSeries,
} from "../../lambdas/integrations/solaredge/api.ts";
import { solarEdgeLogin } from "../../lambdas/integrations/solaredge/login.ts";
import type { ProductionReading } from "../../shared/domain/reading.ts";
import { at } from "../builders.ts";
import { aSite, BASE } from "./solaredge-bench.ts";

const SHARED = process.env.HEADROOM_SHARED_DATA;
const DATA = SHARED ? pathToFileURL(`${SHARED}/`) : new URL("../../../shared/data/", import.meta.url);
const FOLDER = new URL("vendors/solaredge/", DATA);
const NOW = at("2026-08-24T16:05:51Z");

function recorded(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, FOLDER), "utf8"));
}

const Overview = z.object({ production: z.object({ total: z.number(), unit: z.literal("WH") }) });

function toReading(...given: Parameters<typeof toLook>): ProductionReading {
  const { reading } = toLook(...given);
  if (reading?.stream !== "production") throw new Error("no reading of a site");
  return reading;
}

describe.skipIf(!existsSync(FOLDER))("payloads recorded by others, of SolarEdge", () => {
  // The series of power and of energy have one shape; the recorded one is of power, so its mean stands for energy here.
  const power = () => SolarEdgeSeries.parse(recorded("v2_site_power_day.json"));
  const asEnergy = () => {
    const { values, ...rest } = power();
    return {
      ...rest,
      unit: "WH",
      values: values.map((one) => ({ ...one, value: typeof one.value === "number" ? one.value / 4 : one.value })),
    };
  };
  const day = { from: at("2026-08-24T00:00+01:00"), to: at("2026-08-24T17:00+01:00") };

  it("v2_site_power_day.json tells a day in the site's offset, with its night unknown", () => {
    const { unit, resolution, values } = power();
    expect([unit, resolution, values.length]).toEqual(["W", "QUARTER_HOUR", 69]);
    expect(values[0]).toEqual({ timestamp: "2026-08-24T00:00:00+01:00", value: null });
    expect(values.filter(({ value }) => value === null)).toHaveLength(25);
    expect(values.filter(({ value }) => value === 0)).toHaveLength(2);
  });

  it("v2_site_power_day.json is read up to its last quarter that has a value", () => {
    const reading = toReading({ energy: asEnergy(), meters: undefined }, day, aSite(), NOW);
    expect(reading).toMatchObject({ observedAt: "2026-08-24T16:00:00.000Z", gridKw: null, consumptionKw: null });
    expect(reading.productionKw).toBeCloseTo(0.9822318, 6);
    expect(reading.producedFrom).toBe(day.from);
  });

  it("v2_site_overview_no_meter.json shows why energy is never summed from power", () => {
    const reading = toReading({ energy: asEnergy(), meters: undefined }, day, aSite(), NOW);
    const { production } = Overview.parse(recorded("v2_site_overview_no_meter.json"));
    expect(reading.producedKwh).toBeCloseTo(25.909, 2);
    expect(production.total / 1000 / (reading.producedKwh ?? 0)).toBeCloseTo(1.0147, 3);
  });

  it("v2_meters_telemetry_doc_shape.json is of a meter that says nothing about the grid", () => {
    const meters = SolarEdgeMeters.parse(recorded("v2_meters_telemetry_doc_shape.json"));
    const period = { from: at("2026-09-29T12:15-05:00"), to: at("2026-09-29T12:45-05:00") };
    const block = meters.meters["M-PROD-001"]?.productionEnergy;
    const energy = SolarEdgeSeries.parse({ ...z.looseObject({}).parse(block), resolution: "QUARTER_HOUR" });
    expect(toReading({ energy, meters }, period, aSite({ timeZone: "America/Chicago" }), NOW)).toMatchObject({
      observedAt: "2026-09-29T17:45:00.000Z",
      productionKw: 6.482,
      producedKwh: 3.1205,
      gridKw: null,
      consumptionKw: null,
    });
  });

  it("v2_devices.json lists an inverter and no meter", () => {
    expect(SolarEdgeDevices.parse(recorded("v2_devices.json")).map(({ type }) => type)).toEqual(["INVERTER"]);
  });

  it("v2_sites_list.json names a site by a number, which is an asset's vendorAssetId as text", () => {
    const List = z.object({
      sites: z.object({ site: z.array(z.object({ siteId: z.number(), peakPower: z.number() })) }),
    });
    const [site] = List.parse(recorded("v2_sites_list.json")).sites.site;
    const asset = aSite();
    expect([String(site?.siteId), site?.peakPower]).toEqual([asset.vendorAssetId, asset.peakPowerKw]);
  });

  it("v2_oauth_token.json renews a login", async () => {
    const renewal = solarEdgeLogin({
      endpoint: () => new URL(BASE),
      secret: async () => ({ clientId: "us", clientSecret: "secret" }),
      fetch: async () => new Response(JSON.stringify(recorded("v2_oauth_token.json"))),
    });
    const renew = await renewal();
    const answer = await renew({ accessToken: "old", refreshToken: "old" });
    expect(answer).toMatchObject({ kind: "renewed", expiresInSeconds: 7200 });
  });

  it("v1_current_power_flow_import_kw.json is of the retired interface and never taken for a reading", () => {
    expect(SolarEdgeSeries.safeParse(recorded("v1_current_power_flow_import_kw.json")).success).toBe(false);
  });

  it("v1_error_500.json is a server's trouble", () => {
    const { httpStatus, body } = z
      .object({ httpStatus: z.number(), body: z.unknown() })
      .parse(recorded("v1_error_500.json"));
    const answer = { status: httpStatus, headers: new Headers(), text: JSON.stringify(body) };
    expect(errorOf(answer, "energy", NOW).fault).toBe("transient");
  });
});
