import { afterAll, describe, expect, it } from "vitest";
import { seededRandom } from "../../local/random.ts";
import { FAULT_TREATMENT } from "../../shared/domain/fault.ts";
import { VendorError } from "../../shared/errors.ts";
import { at } from "../builders.ts";
import { published } from "../fakes/bus.ts";
import { FAULTS, waitMinutes } from "./faults.ts";
import { aFleet, type Doing } from "./world.ts";

/** The whole score: `WHY_LATE_FAULTS=300 WHY_LATE_DAYS=30 npx vitest run test/why-late`. A failure tells its seed. */
// Each cause twice: triage judges half of them, and its bar of one in twenty needs as many.
const TRIALS = Number(process.env.WHY_LATE_FAULTS ?? 2 * FAULTS.length);
const DAYS = Number(process.env.WHY_LATE_DAYS ?? 1);
const SEED = Number(process.env.WHY_LATE_SEED ?? Math.floor(Math.random() * 1e9));
const FLEET = 8;
/** Printed with what was found, so that the whole score leaves its figures. */
const found: string[] = [];
afterAll(() => {
  if (process.env.WHY_LATE_FAULTS) process.stdout.write(`${found.join("\n")}\n`);
});

const word = ({ cause, faultClass }: { cause: string; faultClass?: string | undefined }) =>
  faultClass && cause === "failed" ? `${cause} ${faultClass}` : cause;

/** What it was, what it was taken for, and how often. */
function matrixText(wrong: readonly { name: string; truth: string; said: string; seed: number }[]): string {
  return wrong.map(({ name, truth, said, seed }) => `seed ${seed}: ${name}: ${truth}, said ${said}`).join("\n");
}

async function trial(seed: number) {
  const random = seededRandom(seed);
  const fault = FAULTS[seed % FAULTS.length];
  if (!fault) throw new RangeError("there are faults");
  const fleet = await aFleet(random, at("2026-11-20T18:00Z"), FLEET);
  const target = fleet.assets[Math.floor(random() * FLEET)];
  if (!target) throw new RangeError("there are assets");
  const states: Doing[] = ["asleep", "unplugged", "plugged", "charging"];
  for (const { assetId } of fleet.assets) fleet.doing.set(assetId, states[Math.floor(random() * 4)] ?? "plugged");
  fleet.doing.set(target.assetId, fault.doing === "asleep" ? "plugged" : fault.doing);
  await fleet.pass(40 + Math.floor(random() * 30));
  if (fault.doing === "asleep") fleet.doing.set(target.assetId, "asleep");
  const from = fleet.clock.now();
  await fault.inject(fleet, target, from);
  await fleet.pass(waitMinutes(random) + (fault.truth.faultClass === "unexplained" ? 400 : 0));

  const answer = await fleet.ask(target);
  const reach = (await fleet.stores.readings.latest([target.assetId], "charge")).get(target.assetId)?.reach;
  const asksCustomer = published(fleet.bus, "FaultRaised").filter(
    ({ faultClass }) => FAULT_TREATMENT[faultClass].actor === "customer",
  );
  const isTrulyTheirs =
    fault.truth.faultClass !== undefined && FAULT_TREATMENT[fault.truth.faultClass].actor === "customer";
  return {
    seed,
    name: fault.name,
    truth: word(fault.truth),
    said: word(answer),
    /** The class that triage gave: none where a vendor's outage kept it from being looked at. */
    triage: fault.truth.faultClass && fault.truth.cause === "failed" ? [fault.truth.faultClass, reach?.faultClass] : [],
    asked: asksCustomer.length,
    wronglyAsked: isTrulyTheirs ? Math.max(0, asksCustomer.length - 1) : asksCustomer.length,
  };
}

describe("why-late and triage, by faults of known cause", () => {
  it(`names ${TRIALS} of them from seed ${SEED}, every cause in turn`, async () => {
    const results = [];
    for (let n = 0; n < TRIALS; n++) results.push(await trial(SEED - (SEED % FAULTS.length) + n));
    const wrong = results.filter(({ truth, said }) => truth !== said);
    expect(100 * (1 - wrong.length / results.length), matrixText(wrong)).toBeGreaterThanOrEqual(99);
    const judged = results.filter(({ triage: [, given] }) => given);
    const misjudged = judged.filter(({ triage: [truth, given] }) => truth !== given);
    const share = 100 * (1 - misjudged.length / judged.length);
    expect(share, JSON.stringify(misjudged, null, 1)).toBeGreaterThanOrEqual(95);
    found.push(
      `seed ${SEED}: why-late right ${results.length - wrong.length} of ${results.length}`,
      `triage right ${judged.length - misjudged.length} of ${judged.length}`,
      matrixText(wrong),
      ...misjudged.map(
        ({ seed, name, triage: [truth, given] }) => `seed ${seed}: ${name}: ${truth}, taken for ${given}`,
      ),
    );
    const asked = results.filter(({ wronglyAsked }) => wronglyAsked > 0);
    expect(asked, "asked of a customer who can do nothing, or asked twice").toEqual([]);
  }, 600_000);
});

describe("healthy days", () => {
  it(`of ${DAYS}, from seed ${SEED}: nobody is late, no outage is announced, no customer hears anything`, async () => {
    const alarms: string[] = [];
    for (let day = 0; day < DAYS; day++) {
      const random = seededRandom(SEED + day);
      // Clock changes are local: to the platform they are days like any other.
      const dates = ["2026-03-28T18:00Z", "2026-10-24T18:00Z", "2026-11-20T18:00Z"];
      const fleet = await aFleet(random, at(dates[day % 3] ?? ""), FLEET);
      fleet.trouble({
        // Slow answers, which time out now and then.
        look: (_asset, sound) => {
          if (random() < 0.02) throw new VendorError({ fault: "transient", operation: "look", message: "no answer" });
          return sound();
        },
      });
      const states: Doing[] = ["asleep", "unplugged", "plugged", "charging"];
      for (let half = 0; half < 48; half++) {
        for (const { assetId } of fleet.assets)
          if (random() < 0.1) fleet.doing.set(assetId, states[Math.floor(random() * 4)] ?? "plugged");
        await fleet.pass(30, { late: () => random() < 0.02, twice: () => random() < 0.05 });
        for (const asset of fleet.assets) {
          const answer = await fleet.ask(asset);
          if (answer.isLate) alarms.push(`day ${day} ${fleet.clock.now()} ${asset.assetId} ${JSON.stringify(answer)}`);
        }
      }
      alarms.push(
        ...fleet.bus.published.flatMap(({ name, detail }) =>
          name === "FaultRaised" || name === "VendorOutageBegan" ? `day ${day} ${name} ${JSON.stringify(detail)}` : [],
        ),
      );
    }
    expect(alarms, alarms.slice(0, 5).join("\n")).toEqual([]);
  }, 900_000);
});
