import { describe, expect, it } from "vitest";
import { epochMs, HOUR_MS, MINUTE_MS } from "../../shared/domain/instant.ts";
import { MAX_CLOCK_SKEW_MS, type Reading } from "../../shared/domain/reading.ts";
import { fakeClock } from "../fakes/clock.ts";
import { aMyUplinkCloud, anEaseeCloud, aSolarEdgeCloud, aTeslaCloud, aViessmannCloud, type Cloud } from "./clouds.ts";
import { aWorld } from "./world.ts";

const ISO = /"(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:?\d\d|\+0)"/g;
const DAY_MS = 24 * HOUR_MS;

/** Every time in an answer a day later, in whatever form the vendor writes times. */
function tomorrow(text: string): string {
  return text
    .replace(ISO, (_, local: string, zone: string) => {
      const moved = new Date(Date.parse(`${local}Z`) + DAY_MS).toISOString().slice(0, local.length);
      return `"${moved}${zone}"`;
    })
    .replace(/("timestamp":)(\d{13})/g, (_, key: string, ms: string) => `${key}${Number(ms) + DAY_MS}`);
}

/** Every time without its zone; what is epoch time in text that no zone could help. */
function withoutZone(text: string): string {
  return text.replace(ISO, '"$1"').replace(/("timestamp":)(\d{13})/g, (_, key: string, ms: string) => {
    return `${key}"${new Date(Number(ms)).toISOString().slice(0, 19)}"`;
  });
}

/** A reading that holds any value; undefined of one that holds none. */
function measuredIn(reading: Reading | undefined): Reading | undefined {
  return reading?.stream === "production" && reading.productionKw === null && reading.producedKwh === null
    ? undefined
    : reading;
}

const vendors: [string, (clock: ReturnType<typeof fakeClock>) => Promise<{ cloud: Cloud }>][] = [
  ["Tesla", aTeslaCloud],
  ["Easee", anEaseeCloud],
  ["Viessmann", aViessmannCloud],
  ["myUplink", aMyUplinkCloud],
  ["SolarEdge", aSolarEdgeCloud],
];

describe.each<[string, (text: string) => string]>([
  ["dated tomorrow", tomorrow],
  ["without a zone", withoutZone],
])("12. A vendor's times are %s", (_, lie) => {
  it.each(vendors)(
    "%s: nothing is stored as fresh, the last sound reading stands, and it is counted",
    async (_, build) => {
      const clock = fakeClock("2026-06-20T10:05Z");
      const { cloud } = await build(clock);
      let lies = false;
      const world = await aWorld(clock, [cloud], { meddle: (_name, _url, text) => (lies ? lie(text) : text) });
      const assetId = cloud.assets[0]?.assetId ?? "";
      await world.pass(MINUTE_MS);
      const sound = (await world.latest(assetId))?.reading;
      expect(sound).toBeDefined();

      lies = true;
      await world.pass(5 * HOUR_MS);
      // The sound reading stands, or one that says what is known: nothing.
      expect([sound, undefined]).toContainEqual(measuredIn((await world.latest(assetId))?.reading));
      const counted = world.log.lines.filter(({ code }) => code === "POLL_FAILED" || code === "VENDOR_WORD_UNKNOWN");
      expect(counted.length).toBeGreaterThan(0);
      expect(counted.every(({ fields }) => fields.assetId === assetId)).toBe(true);

      lies = false;
      await world.pass(3 * HOUR_MS);
      const after = await world.latest(assetId);
      expect(after?.reach.faultClass).toBeNull();
      expect(epochMs(after?.reading?.observedAt ?? clock.now())).toBeLessThan(epochMs(clock.now()) + MAX_CLOCK_SKEW_MS);
      expect((after?.reading?.observedAt ?? "") > (sound?.observedAt ?? "")).toBe(true);
      expect(world.events("FaultCleared")).toHaveLength(world.events("FaultRaised").length);
    },
  );
});
