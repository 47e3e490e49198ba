import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { carbonIntensitySource } from "../../lambdas/signals/sources/carbon-intensity.ts";
import { octopusSource } from "../../lambdas/signals/sources/octopus.ts";
import { at, fetchOf, span } from "./builders.ts";

// Real answers belong to their providers and are not part of this repository; these cases run where a copy lies.
const FOLDER = fileURLToPath(new URL("../../../shared/data/signal-payloads/", import.meta.url));
const present = existsSync(`${FOLDER}expected.json`);
const NOW = at("2024-06-01T00:00Z");

type Expected = { files: Record<string, { series: { slots: (string | number | null)[][] }[] }> };

function text(file: string): string {
  return readFileSync(`${FOLDER}${file}`, "utf8");
}

function expectedOf(file: string) {
  const { files }: Expected = JSON.parse(text("expected.json"));
  return files[file]?.series.flatMap((series) => series.slots) ?? [];
}

function toSeconds(at: string): string {
  return at.replace(".000Z", "Z");
}

describe.skipIf(!present)("recorded Octopus answers", () => {
  const source = (fetch: ReturnType<typeof fetchOf>) =>
    octopusSource({ fetch, baseUrl: "https://api.octopus.energy", product: "AGILE-FLEX-22-11-25", region: "J" });

  it("gives the expected slots for a recorded page", async () => {
    const file = "octopus/agile_standard_unit_rates_2024-05-07_J.json";
    const fetch = fetchOf(() => new Response(text(file)));
    const { slots } = await source(fetch).fetchSlots(span("2024-05-07T00:00Z", "2024-05-08T00:00Z"), NOW);
    expect(slots.map((slot) => [toSeconds(slot.startsAt), toSeconds(slot.endsAt), slot.value])).toEqual(
      expectedOf(file),
    );
  });

  it("reads two pages over the October clock change and leaves the two lost half-hours open", async () => {
    const file = (page: number) => `octopus/rebuilt_agile_2023-10-28_2023-10-30_page${page}.json`;
    const fetch = fetchOf((url) => new Response(text(file(url.searchParams.has("page") ? 2 : 1))));
    const { slots, dropped } = await source(fetch).fetchSlots(span("2023-10-27T23:00Z", "2023-10-30T23:00Z"), NOW);
    expect(dropped).toEqual([]);
    expect(slots).toHaveLength(142);
    expect(slots.map((slot) => [toSeconds(slot.startsAt), toSeconds(slot.endsAt), slot.value])).toEqual([
      ...expectedOf(file(2)),
      ...expectedOf(file(1)),
    ]);
  });
});

describe.skipIf(!present)("recorded carbon answers", () => {
  const fetchSlots = (file: string, region: string, status = 200) => {
    const fetch = fetchOf(() => new Response(text(file), { status }));
    return carbonIntensitySource({ fetch, baseUrl: "https://carbon.example", region }).fetchSlots(
      span("2018-01-01T00:00Z", "2023-04-01T00:00Z"),
      NOW,
    );
  };

  it.each([
    ["carbonintensity/national_pt24h_2023-03-14T0301Z.json", "national"],
    ["carbonintensity/rebuilt_national_pt24h_2023-03-15T0301Z.json", "national"],
    ["carbonintensity/national_range.doc-sample.json", "national"],
    ["carbonintensity/regional_postcode.doc-sample.json", "3"],
  ])("gives the expected slots for %s", async (file, region) => {
    const { slots, dropped } = await fetchSlots(file, region);
    expect(dropped).toEqual([]);
    expect(slots.map((slot) => [toSeconds(slot.startsAt), toSeconds(slot.endsAt), slot.value, slot.kind])).toEqual(
      expectedOf(file).map(([start, end, forecast, actual]) => [
        start,
        end,
        actual ?? forecast,
        actual === null ? "forecast" : "actual",
      ]),
    );
  });

  it("knows the documented error body, with its status and with 200", async () => {
    const file = "carbonintensity/error_400.doc-sample.json";
    await expect(fetchSlots(file, "national", 400)).rejects.toMatchObject({ fault: "our-fault" });
    await expect(fetchSlots(file, "national", 200)).rejects.toMatchObject({ fault: "our-fault" });
  });
});
