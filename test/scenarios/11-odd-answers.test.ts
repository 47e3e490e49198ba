import { describe, expect, it } from "vitest";
import { HOUR_MS, MINUTE_MS } from "../../shared/domain/instant.ts";
import type { Reading } from "../../shared/domain/reading.ts";
import { fakeClock } from "../fakes/clock.ts";
import { aMyUplinkCloud, anEaseeCloud, aSolarEdgeCloud, aTeslaCloud, aViessmannCloud, type Cloud } from "./clouds.ts";
import { aWorld } from "./world.ts";

type Json = Record<string, unknown>;
/** Changes one answer in place; what it does not know it leaves alone. */
type Change = (answer: never) => void;
type Vendor = {
  build: (clock: ReturnType<typeof fakeClock>) => Promise<{ cloud: Cloud }>;
  /** The number that is meddled with, as we read it. */
  number: (reading: Reading) => number | null;
  /** What the vendor's own word is read as. */
  word: (reading: Reading) => unknown;
  setNumber: (value: unknown) => Change;
  dropNumber: Change;
  setWord: Change;
};

const WORD = "Hibernating";
/** Above 2^53: written into the text, because JSON.stringify would round it. */
const BIG = "12345678901234567890";
const BIG_MARK = "@big@";

const chargeOf = (answer: { response?: { charge_state?: Json } }) => answer.response?.charge_state ?? {};
const observationOf = (answer: { observations?: Json[] }, id: number) =>
  answer.observations?.find((one) => one.id === id) ?? {};
const featureOf = (answer: { data?: { feature: string; properties: Record<string, Json> }[] }, name: string) =>
  answer.data?.find(({ feature }) => feature === name)?.properties ?? {};
const pointOf = (answer: unknown, id: string): Json =>
  (Array.isArray(answer) ? answer : []).find((one) => one.parameterId === id) ?? {};
const TANK = "heating.dhw.sensors.temperature.hotWaterStorage";
const OTHER_TANK = "heating.dhw.sensors.temperature.dhwCylinder";
const valuesOf = (answer: { values?: Json[] }) => answer.values ?? [];
const replace = (owner: Json, key: string, value: unknown) => {
  if (key in owner) owner[key] = value;
};
const drop = (owner: Json, key: string) => {
  delete owner[key];
};

const vendors: Record<string, Vendor> = {
  Tesla: {
    build: aTeslaCloud,
    number: (reading) => (reading.stream === "charge" ? reading.socPercent : Number.NaN),
    word: (reading) => (reading.stream === "charge" ? reading.state : undefined),
    setNumber: (value) => (answer) => replace(chargeOf(answer), "battery_level", value),
    dropNumber: (answer) => drop(chargeOf(answer), "battery_level"),
    setWord: (answer) => replace(chargeOf(answer), "charging_state", WORD),
  },
  Easee: {
    build: anEaseeCloud,
    number: (reading) => (reading.stream === "charge" ? reading.sessionKwh : Number.NaN),
    word: (reading) => (reading.stream === "charge" ? reading.state : undefined),
    setNumber: (value) => (answer) => replace(observationOf(answer, 121), "value", value),
    dropNumber: (answer) => drop(observationOf(answer, 121), "value"),
    // Power alone would tell that it charges.
    setWord: (answer: Json & { observations?: Json[] }) => {
      replace(observationOf(answer, 109), "value", "99");
      drop(observationOf(answer, 120), "value");
      replace(answer, "chargerOpMode", 99);
      drop(answer, "totalPower");
    },
  },
  Viessmann: {
    build: aViessmannCloud,
    number: (reading) => (reading.stream === "heat" ? reading.hotWaterC : Number.NaN),
    word: (reading) => (reading.stream === "heat" ? reading.hotWaterC : undefined),
    setNumber: (value) => (answer) => {
      for (const name of [TANK, OTHER_TANK]) replace(featureOf(answer, name).value ?? {}, "value", value);
    },
    dropNumber: (answer) => {
      for (const name of [TANK, OTHER_TANK]) drop(featureOf(answer, name), "value");
    },
    setWord: (answer) => {
      for (const name of [TANK, OTHER_TANK]) replace(featureOf(answer, name).status ?? {}, "value", WORD);
    },
  },
  myUplink: {
    build: aMyUplinkCloud,
    number: (reading) => (reading.stream === "heat" ? reading.hotWaterC : Number.NaN),
    word: (reading) => (reading.stream === "heat" ? reading.mode : undefined),
    setNumber: (value) => (answer) => replace(pointOf(answer, "40013"), "value", value),
    dropNumber: (answer) => drop(pointOf(answer, "40013"), "value"),
    setWord: (answer: Json) => replace(answer, "smartHomeMode", WORD),
  },
  SolarEdge: {
    build: aSolarEdgeCloud,
    number: (reading) => (reading.stream === "production" ? reading.productionKw : Number.NaN),
    word: (reading) => (reading.stream === "production" ? reading.productionKw : undefined),
    setNumber: (value) => (answer) => {
      for (const one of valuesOf(answer)) replace(one, "value", value);
    },
    dropNumber: (answer) => {
      for (const one of valuesOf(answer)) drop(one, "value");
    },
    setWord: (answer: Json) => replace(answer, "unit", WORD),
  },
};

/** A sound look, then two hours of answers with that change. */
async function meddled({ build }: Vendor, change: Change) {
  const clock = fakeClock("2026-06-20T10:05Z");
  const { cloud } = await build(clock);
  let isOdd = false;
  const world = await aWorld(clock, [cloud], {
    meddle: (_name, _url, text) => {
      if (!isOdd) return text;
      const answer = JSON.parse(text);
      change(answer as never);
      return JSON.stringify(answer).replaceAll(`"${BIG_MARK}"`, BIG);
    },
  });
  const assetId = cloud.assets[0]?.assetId ?? "";
  await world.pass(MINUTE_MS);
  const sound = (await world.latest(assetId))?.reading;
  if (!sound) throw new Error("nothing was read");
  isOdd = true;
  await world.pass(2 * HOUR_MS);
  const latest = (await world.latest(assetId))?.reading;
  if (!latest) throw new Error("the reading is gone");
  return { sound, latest, isNew: latest.observedAt !== sound.observedAt, log: world.log };
}

describe.each(Object.entries(vendors))("11. %s says what nobody documented", (_, vendor) => {
  it("an unknown word: it is read as unknown, never as something else; kept as told, and counted", async () => {
    const { latest, isNew, log } = await meddled(vendor, vendor.setWord);
    // Either the field alone is unknown, or the whole answer was refused and the last sound reading stands.
    if (isNew) expect(vendor.word(latest)).toBeNull();
    const counted = log.lines.filter(({ code }) => code === "POLL_FAILED" || code === "VENDOR_WORD_UNKNOWN");
    expect(counted.length).toBeGreaterThan(0);
    expect(JSON.stringify(counted)).toMatch(/Hibernating|99/);
  });

  it("a field is missing: it is null, never 0", async () => {
    const { latest, isNew } = await meddled(vendor, vendor.dropNumber);
    if (isNew) expect(vendor.number(latest)).toBeNull();
  });

  it("a number as text: it is that number or unknown", async () => {
    const { latest, isNew } = await meddled(vendor, vendor.setNumber("47"));
    const read = vendor.number(latest);
    if (isNew && read !== null) expect([47, 47 * 4e-3]).toContainEqual(read);
  });

  it("an integer of twenty digits: it is no number of ours, and the platform goes on", async () => {
    const { latest, isNew, log } = await meddled(vendor, vendor.setNumber(BIG_MARK));
    if (isNew) expect(vendor.number(latest)).toBeNull();
    expect(log.lines.filter(({ level }) => level === "error")).toEqual([]);
  });
});
