import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { World } from "../../lambdas/optimiser/actuator.ts";
import { type ChargeJob, chargeJob } from "../../lambdas/optimiser/charge.ts";
import { type ChargeLoad, loadOf } from "../../lambdas/optimiser/loads.ts";
import type { Limits } from "../../lambdas/optimiser/portfolio/limits.ts";
import { NO_LIMITS } from "../../lambdas/optimiser/portfolio/limits.ts";
import { planPortfolio } from "../../lambdas/optimiser/portfolio/portfolio.ts";
import type { JobAnswer, PortfolioAnswer } from "../../lambdas/optimiser/portfolio/together.ts";
import { type Car, powerOfCurrent } from "../../shared/domain/asset.ts";
import { epochMs, HOUR_MS, type Instant, later, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import type { Plan, Window } from "../../shared/domain/plan.ts";
import { anAsset, aReach, aReading, at, slotsFrom } from "../builders.ts";

const NOW = at("2026-11-20T18:07Z");
/** Half-hours from 18:00, cheap from 00:00 to 04:00 and cheapest from 02:00 to 03:00. */
const PENCE = Array.from({ length: 40 }, (_, i) => (i >= 16 && i < 18 ? 5 : i >= 12 && i < 20 ? 10 : 30));

type Wish = {
  siteId: string;
  storedKwh: number;
  departsAt: Instant;
  maxCurrentA: number;
  charges?: boolean;
  nowPercent?: number;
};

function jobsOf(
  wishes: readonly Wish[],
  pence: readonly number[] = PENCE,
  previous: readonly (Plan | undefined)[] = [],
) {
  return wishes.map(({ siteId, storedKwh, departsAt, maxCurrentA, charges, nowPercent = 0 }, index): ChargeJob => {
    const base = anAsset();
    const car: Car = {
      ...base,
      assetId: `car-${String(index).padStart(4, "0")}`,
      site: { ...base.site, siteId },
      supply: { ...base.supply, maxCurrentA },
      preferences: { ...base.preferences, nextDepartureAt: departsAt, chargeNowToPercent: nowPercent },
    };
    const reading = aReading({ assetId: car.assetId, storedKwh, ...(charges && { state: "charging", powerKw: 7 }) });
    const world: World = {
      assets: new Map([[car.assetId, car]]),
      known: new Map([[car.assetId, { reading, reach: aReach(NOW) }]]),
    };
    const load = loadOf(car, world, NOW) as ChargeLoad;
    const market = { price: slotsFrom("2026-11-20T18:00Z", pence), carbon: [], marketKey: "C" };
    const job = chargeJob(load, { previous: previous[index], market, habits: undefined, now: NOW });
    if (typeof job === "string") throw new Error(job);
    return job;
  });
}

const limited = (siteKw: Record<string, number>, portfolio: Limits["portfolio"] = []): Limits => ({
  siteKw: new Map(Object.entries(siteKw)),
  portfolio,
  taken: [],
});

const made = (answer: PortfolioAnswer, index: number): NonNullable<JobAnswer> => {
  const one = answer.answers.get(`car-${String(index).padStart(4, "0")}`);
  if (!one) throw new Error(`car ${index} has no new plan`);
  return one;
};
const kwhOf = (windows: readonly Window[]) =>
  windows.reduce(
    (sum, { startsAt, endsAt, powerKw }) => sum + (powerKw * (epochMs(endsAt) - epochMs(startsAt))) / HOUR_MS,
    0,
  );

/** The highest power that windows draw together at any moment within [from, to), kW. */
function peakKw(all: readonly Window[], from = NOW, to = plusMs(NOW, 48 * HOUR_MS)): number {
  return Math.max(
    0,
    ...all
      .filter(({ startsAt, endsAt }) => endsAt > from && startsAt < to)
      .map(({ startsAt }) => later(startsAt, from))
      .map((moment) =>
        all.reduce((kw, one) => kw + (one.startsAt <= moment && moment < one.endsAt ? one.powerKw : 0), 0),
      ),
  );
}

const MORNING = at("2026-11-21T07:00Z");
const car = (changes: Partial<Wish> = {}): Wish => ({
  siteId: "home",
  storedKwh: 40,
  departsAt: MORNING,
  maxCurrentA: 32,
  ...changes,
});

describe("jobs without a limit", () => {
  it("each get their own cheapest plan, with a proof that is nearly exact", () => {
    const answer = planPortfolio(jobsOf([car(), car({ siteId: "other", storedKwh: 30 })]), NO_LIMITS, NOW);
    for (const index of [0, 1]) {
      expect(made(answer, index).windows.every(({ reason }) => reason === "cheapest")).toBe(true);
      expect(made(answer, index).proof?.gap).toBeLessThan(0.01);
    }
    expect(answer.certificate.gap).toBeLessThan(0.01);
    expect(answer.certificate).toMatchObject({ shortfallKwh: 0, isFinished: true });
    expect(answer.capacityPencePerKwh.every((pence) => pence === 0)).toBe(true);
  });
});

describe("a site's limit", () => {
  const two = [car({ storedKwh: 32 }), car({ storedKwh: 32 })];

  it("is shared by its cars, who take the hours that are left and say why", () => {
    const free = planPortfolio(jobsOf(two), NO_LIMITS, NOW);
    expect(peakKw([0, 1].flatMap((index) => made(free, index).windows))).toBeGreaterThan(8);
    const answer = planPortfolio(jobsOf(two), limited({ home: 8 }), NOW);
    const windows = [0, 1].flatMap((index) => made(answer, index).windows);
    expect(peakKw(windows)).toBeLessThanOrEqual(8);
    expect(answer.certificate.shortfallKwh).toBe(0);
    expect(new Set(windows.map(({ reason }) => reason))).toContain("shared-limit");
    expect(answer.certificate.gap).toBeLessThan(0.05);
  });

  it("holds at charge-now levels too, which then take longer", () => {
    const jobs = jobsOf(two).map((job) => {
      const now = { ...job.whole, nowKwh: 3 };
      return { ...job, whole: now, problem: now };
    });
    const answer = planPortfolio(jobs, limited({ home: 8 }), NOW);
    const windows = [0, 1].map((index) => made(answer, index).windows);
    expect(peakKw(windows.flat())).toBeLessThanOrEqual(8);
    for (const one of windows) {
      const urgent = one.filter(({ reason }) => reason === "charge-now-minimum");
      expect(kwhOf(urgent)).toBeCloseTo(3, 1);
    }
  });

  it("leaves the least lacking of who cannot all be served, and says how much", () => {
    const soon = plusMs(NOW, HOUR_MS);
    const answer = planPortfolio(
      jobsOf([car({ departsAt: soon }), car({ departsAt: soon })]),
      limited({ home: 7.36 }),
      NOW,
    );
    const windows = [0, 1].flatMap((index) => made(answer, index).windows);
    expect(peakKw(windows)).toBeLessThanOrEqual(7.36 + 1e-9);
    expect(kwhOf(windows)).toBeGreaterThan(0.8 * 7.36 * (53 / 60));
    expect(answer.certificate.shortfallKwh).toBeGreaterThan(0);
  });
});

describe("a grid event", () => {
  const event = [{ fromMs: epochMs(at("2026-11-21T02:00Z")), toMs: epochMs(at("2026-11-21T03:00Z")), kw: 4 }];

  it("keeps load out of its hours, and those moved say so", () => {
    const jobs = jobsOf([car(), car({ siteId: "other" })]);
    const answer = planPortfolio(jobs, limited({}, event), NOW);
    const windows = [0, 1].flatMap((index) => made(answer, index).windows);
    const inEvent = windows.filter(
      ({ startsAt, endsAt }) => endsAt > at("2026-11-21T02:00Z") && startsAt < at("2026-11-21T03:00Z"),
    );
    expect(peakKw(inEvent, at("2026-11-21T02:00Z"), at("2026-11-21T03:00Z"))).toBeLessThanOrEqual(4);
    expect(windows.some(({ reason }) => reason === "event")).toBe(true);
    expect(answer.certificate.shortfallKwh).toBe(0);
    expect(answer.capacityPencePerKwh.some((pence) => pence > 0)).toBe(true);
  });
});

describe("a grid event in a half-hour that has begun", () => {
  const SLOT_END = at("2026-11-20T18:30Z");
  const eventOf = (kw: number) =>
    limited({}, [{ fromMs: epochMs(at("2026-11-20T18:00Z")), toMs: epochMs(at("2026-11-20T19:00Z")), kw }]);
  const cheapNow = PENCE.map((one, i) => (i < 2 ? 1 : one));
  const running = { ...car(), charges: true };
  const other = car({ siteId: "other" });
  /** What runs at seven past six: the plan in force of the first car. */
  const inForce = (): Plan => ({
    ...{ assetId: "car-0000", madeAt: NOW, version: 1, readyBy: MORNING, energyNeededKwh: 0, notes: [] },
    ...made(planPortfolio(jobsOf([running], cheapNow), NO_LIMITS, NOW), 0),
  });
  const nowKw = (answer: PortfolioAnswer, plan: Plan) =>
    peakKw(
      [0, 1].flatMap((index) => {
        const one = answer.answers.get(`car-000${index}`);
        return one === null ? plan.windows : (one?.windows ?? []);
      }),
      NOW,
      SLOT_END,
    );

  it("allows no more in what is left of it because nothing was drawn before", () => {
    const answer = planPortfolio(jobsOf([car()], cheapNow), eventOf(4), NOW);
    expect(peakKw(made(answer, 0).windows, NOW, SLOT_END)).toBeGreaterThan(3);
    expect(peakKw(made(answer, 0).windows, NOW, SLOT_END)).toBeLessThanOrEqual(4);
    expect(answer.limitKw[0]).toBeCloseTo(4, 9);
    expect(answer.loadKw[0]).toBeCloseTo(peakKw(made(answer, 0).windows, NOW, SLOT_END), 6);
  });

  it("counts who is charging already before it gives the rest to others", () => {
    const plan = inForce();
    expect(plan.windows[0]).toMatchObject({ startsAt: NOW });
    const answer = planPortfolio(jobsOf([running, other], cheapNow, [plan]), eventOf(10), NOW);
    expect(nowKw(answer, plan)).toBeGreaterThan(7);
    expect(nowKw(answer, plan)).toBeLessThanOrEqual(10);
  });

  it("stops who is charging already where that is too much, at once", () => {
    const plan = inForce();
    const answer = planPortfolio(jobsOf([running, other], cheapNow, [plan]), eventOf(4), NOW);
    expect(nowKw(answer, plan)).toBeLessThanOrEqual(4);
    expect(nowKw(planPortfolio(jobsOf([running, other], cheapNow, [plan]), eventOf(0), NOW), plan)).toBe(0);
  });
});

describe("a herd", () => {
  it("is spread over more hours at little cost, nobody late, and its bound still holds", () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, i) => car({ siteId: `home-${i}`, storedKwh: 38 + (i % 7) }));
    const gentle = PENCE.map((_, i) => (i >= 8 && i < 24 ? 8 + 0.2 * Math.abs(i - 16) : 30));
    const few = planPortfolio(jobsOf(many(199), gentle), NO_LIMITS, NOW);
    const herd = planPortfolio(jobsOf(many(200), gentle), NO_LIMITS, NOW);
    expect(Math.max(...few.loadKw)).toBeGreaterThan(199 * 6);
    expect(Math.max(...herd.loadKw)).toBeLessThan(0.4 * 200 * 7.36);
    for (const { certificate } of [few, herd]) {
      expect(certificate.shortfallKwh).toBeLessThan(0.5);
      expect(certificate.gap).toBeLessThan(0.02);
    }
    const pence = ({ answers }: PortfolioAnswer, count: number) =>
      [...answers.values()].reduce((sum, one) => sum + (one?.costPence ?? 0), 0) / count;
    expect(pence(herd, 200)).toBeLessThan(1.1 * pence(few, 199));
  });
});

describe("a plan in force", () => {
  const planOf = (answer: PortfolioAnswer, index: number, departsAt: Instant): Plan => ({
    assetId: `car-${String(index).padStart(4, "0")}`,
    madeAt: NOW,
    version: 1,
    readyBy: departsAt,
    energyNeededKwh: 0,
    ...made(answer, index),
    notes: [],
  });

  it("stands when a new one would save pennies, and goes when it saves more", () => {
    const old = planOf(planPortfolio(jobsOf([car()]), NO_LIMITS, NOW), 0, MORNING);
    const again = (pence: readonly number[]) =>
      planPortfolio(jobsOf([car()], pence, [old]), NO_LIMITS, NOW).answers.get("car-0000");
    const shifted = (at: number, by: number) => PENCE.map((one, i) => (i === at ? one + by : one));
    expect(again(PENCE)).toBeNull();
    expect(again(shifted(22, -20.1))).toBeNull();
    expect(again(shifted(22, -28))).not.toBeNull();
  });

  it("stands for everybody who shares a limit where nothing changed, and only who must moves where one comes", () => {
    const event = [{ fromMs: epochMs(at("2026-11-21T02:00Z")), toMs: epochMs(at("2026-11-21T03:00Z")), kw: 150 }];
    const many = Array.from({ length: 60 }, (_, i) => car({ siteId: `home-${i >> 1}`, storedKwh: 30 + (i % 9) }));
    const sites = limited(Object.fromEntries(many.map(({ siteId }) => [siteId, 10])), event);
    const first = planPortfolio(jobsOf(many), sites, NOW);
    const plans = many.map(({ departsAt }, index) => planOf(first, index, departsAt));
    const again = planPortfolio(jobsOf(many, PENCE, plans), sites, NOW);
    expect([...again.answers.values()].filter((one) => one !== null)).toEqual([]);
    const other = many.map((one, i) => (i === 7 ? { ...one, storedKwh: 35 } : one));
    const moved = planPortfolio(jobsOf(other, PENCE, plans), sites, NOW);
    expect([...moved.answers.values()].filter((one) => one !== null).length).toBeLessThan(6);
  });

  it("goes when it no longer delivers, or the car must be ready at another time", () => {
    const old = planOf(planPortfolio(jobsOf([car()]), NO_LIMITS, NOW), 0, MORNING);
    const given = (changes: Partial<Wish>) =>
      planPortfolio(jobsOf([car(changes)], PENCE, [old]), NO_LIMITS, NOW).answers.get("car-0000");
    expect(given({ storedKwh: 39 })).not.toBeNull();
    expect(given({ storedKwh: 41 })).not.toBeNull();
    expect(given({ departsAt: at("2026-11-21T06:00Z") })).not.toBeNull();
    expect(given({ storedKwh: 40.1 })).toBeNull();
  });

  it("goes where there is not enough for all who share a limit, and new plans together deliver more", () => {
    const departsAt = at("2026-11-20T22:00Z");
    const both = [car({ storedKwh: 10, departsAt }), car({ storedKwh: 10, departsAt })];
    const site = limited({ [car().siteId]: 9 });
    const first = planPortfolio(jobsOf(both), site, NOW);
    // Half of what was planned has become free again.
    const plans = both.map((_, index) => {
      const { windows, ...plan } = planOf(first, index, departsAt);
      return { ...plan, windows: windows.filter(({ startsAt }) => startsAt < at("2026-11-20T20:00Z")) };
    });
    const again = planPortfolio(jobsOf(both, PENCE, plans), site, NOW);
    expect(first.certificate.shortfallKwh).toBeGreaterThan(1);
    expect(again.certificate.shortfallKwh).toBeCloseTo(first.certificate.shortfallKwh, 1);
  });

  it("goes on until its price slot ends where the car is charging by it", () => {
    const running = [{ ...car(), charges: true }];
    const first = planOf(
      planPortfolio(
        jobsOf(
          running,
          PENCE.map((one, i) => (i < 6 ? 1 : one)),
        ),
        NO_LIMITS,
        NOW,
      ),
      0,
      MORNING,
    );
    expect(first.windows[0]?.startsAt).toBe(NOW);
    const answer = planPortfolio(jobsOf(running, PENCE, [first]), NO_LIMITS, NOW);
    expect(made(answer, 0).windows[0]).toMatchObject({ startsAt: NOW, endsAt: at("2026-11-20T18:30Z") });
    expect(made(answer, 0).windows[1]?.startsAt.slice(0, 13)).toBe("2026-11-21T02");
  });
});

const wishes = fc.array(
  fc.record({
    siteId: fc.constantFrom("a", "b", "c"),
    storedKwh: fc.double({ min: 5, max: 55, noNaN: true }),
    departsAt: fc.integer({ min: 20, max: 1100 }).map((minutes) => plusMs(NOW, minutes * MINUTE_MS)),
    maxCurrentA: fc.constantFrom(10, 16, 32),
    nowPercent: fc.constantFrom(0, 0, 0, 40, 80),
  }),
  { minLength: 1, maxLength: 8 },
);
const pence = fc.array(fc.integer({ min: -10, max: 60 }), { minLength: 40, maxLength: 40 });
const limits = fc.record({ a: fc.integer({ min: 3, max: 12 }), b: fc.integer({ min: 2, max: 20 }) });
const event = fc.option(
  fc.record({
    from: fc.integer({ min: 0, max: 16 }),
    slots: fc.integer({ min: 1, max: 6 }),
    kw: fc.integer({ min: 0, max: 20 }),
  }),
  { nil: undefined },
);

describe("every portfolio", () => {
  it("keeps every limit at every moment, gives nobody more than a trifle too much or outside its window, and is above its bound", () => {
    fc.assert(
      fc.property(wishes, pence, limits, event, (all, prices, siteKw, one) => {
        const startMs = epochMs(at("2026-11-20T18:00Z"));
        const portfolio = one
          ? [{ fromMs: startMs + one.from * 1_800_000, toMs: startMs + (one.from + one.slots) * 1_800_000, kw: one.kw }]
          : [];
        const jobs = jobsOf(all, prices);
        const answer = planPortfolio(jobs, limited(siteKw, portfolio), NOW);
        const windows = all.map((_, index) => made(answer, index).windows);
        for (const [siteId, kw] of Object.entries(siteKw)) {
          const there = windows.filter((_, index) => all[index]?.siteId === siteId).flat();
          expect(peakKw(there)).toBeLessThanOrEqual(kw + 1e-6);
        }
        // What its owner wants at once is not put off by a grid event.
        const isUrgent = all.some(({ nowPercent }) => nowPercent > 0);
        answer.limitKw.forEach((kw, slot) => {
          if (kw !== null && !isUrgent) expect(answer.loadKw[slot]).toBeLessThanOrEqual(kw + 1e-6);
        });
        for (const [index, job] of jobs.entries()) {
          const { shortfallKwh, proof } = made(answer, index);
          const own = windows[index] ?? [];
          const stepKwh = Math.max(0.5 * job.ampereKw, job.whole.minPowerKw / 6);
          expect(kwhOf(own)).toBeLessThanOrEqual(
            Math.max(job.whole.energyKwh, job.whole.minPowerKw * 0.5) + stepKwh + 1e-3,
          );
          expect(kwhOf(own) + shortfallKwh).toBeGreaterThanOrEqual(job.whole.energyKwh - 2e-3);
          for (const { startsAt, endsAt, powerKw } of own) {
            expect(startsAt >= NOW && endsAt <= job.readyBy).toBe(true);
            expect(powerKw).toBeLessThanOrEqual(
              powerOfCurrent(job.load.asset.supply as Car["supply"], all[index]?.maxCurrentA ?? 0) + 1e-6,
            );
          }
          if (proof) expect(proof.boundPence).toBeLessThanOrEqual(proof.objectivePence);
        }
        const { objectivePence, boundPence } = answer.certificate;
        expect(boundPence).toBeLessThanOrEqual(objectivePence);
      }),
      { numRuns: 60 },
    );
  });

  it("keeps a grid event with those who charge already, whatever was planned before it was set", () => {
    fc.assert(
      fc.property(wishes, pence, pence, event, (all, before, after, one) => {
        const startMs = epochMs(at("2026-11-20T18:00Z"));
        const { from, slots, kw } = one ?? { from: 0, slots: 2, kw: 5 };
        const limit = { fromMs: startMs + from * 1_800_000, toMs: startMs + (from + slots) * 1_800_000, kw };
        // What its owner wants at once is not put off by a grid event.
        const charging = all.map((wish) => ({ ...wish, charges: true, nowPercent: 0 }));
        const first = planPortfolio(jobsOf(charging, before), NO_LIMITS, NOW);
        const plans = charging.map(
          ({ departsAt }, index): Plan => ({
            ...{ assetId: `car-${String(index).padStart(4, "0")}`, madeAt: NOW, version: 1, readyBy: departsAt },
            ...{ energyNeededKwh: 0, ...made(first, index), notes: [] },
          }),
        );
        const answer = planPortfolio(jobsOf(charging, after, plans), limited({}, [limit]), NOW);
        const windows = plans.flatMap((plan) => (answer.answers.get(plan.assetId) ?? plan).windows);
        for (let fromMs = limit.fromMs; fromMs < limit.toMs; fromMs += 1_800_000) {
          const [beginsMs, endsMs] = [Math.max(fromMs, epochMs(NOW)), fromMs + 1_800_000];
          const kwMs = windows.reduce(
            (sum, { startsAt, endsAt, powerKw }) =>
              sum + powerKw * Math.max(0, Math.min(epochMs(endsAt), endsMs) - Math.max(epochMs(startsAt), beginsMs)),
            0,
          );
          expect(kwMs / (endsMs - beginsMs)).toBeLessThanOrEqual(kw + 1e-3);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("is the same in any order, and the same again", () => {
    fc.assert(
      fc.property(wishes, pence, limits, (all, prices, siteKw) => {
        const jobs = jobsOf(all, prices);
        const once = planPortfolio(jobs, limited(siteKw), NOW);
        const other = planPortfolio([...jobs].reverse(), limited(siteKw), NOW);
        expect(new Map([...other.answers].sort())).toEqual(new Map([...once.answers].sort()));
        expect(other.certificate).toEqual(once.certificate);
      }),
      { numRuns: 20 },
    );
  });

  it("never replaces a plan in force by one that costs more or delivers less", () => {
    fc.assert(
      fc.property(wishes, pence, pence, limits, (wished, before, after, siteKw) => {
        // What must not wait is placed anew each time, whatever it costs.
        const all = wished.map((one) => ({ ...one, nowPercent: 0 }));
        const first = planPortfolio(jobsOf(all, before), limited(siteKw), NOW);
        const plans = all.map(
          ({ departsAt }, index): Plan => ({
            assetId: `car-${String(index).padStart(4, "0")}`,
            madeAt: NOW,
            version: 1,
            readyBy: departsAt,
            energyNeededKwh: 0,
            ...made(first, index),
            notes: [],
          }),
        );
        const oldJobs = jobsOf(all, after, plans);
        const again = planPortfolio(oldJobs, limited(siteKw), NOW);
        const total = (answers: readonly (readonly Window[])[]) =>
          answers.reduce((sum, one, index) => {
            const job = oldJobs[index] as ChargeJob;
            const price = (ms: number) => after[Math.floor((ms - epochMs(at("2026-11-20T18:00Z"))) / 1_800_000)] ?? 0;
            let [leftKwh, sumPence] = [job.whole.energyKwh, 0];
            for (const { startsAt, endsAt, powerKw } of one) {
              for (let ms = epochMs(startsAt); ms < epochMs(endsAt); ms += MINUTE_MS / 2) {
                const kwh = Math.min(leftKwh, (powerKw * Math.min(MINUTE_MS / 2, epochMs(endsAt) - ms)) / HOUR_MS);
                sumPence += kwh * price(ms);
                leftKwh -= kwh;
              }
            }
            return sum + sumPence + 2000 * leftKwh;
          }, 0);
        const now = all.map(
          (_, index) =>
            again.answers.get(`car-${String(index).padStart(4, "0")}`)?.windows ?? plans[index]?.windows ?? [],
        );
        expect(total(now)).toBeLessThanOrEqual(total(plans.map(({ windows }) => windows)) + 0.5);
      }),
      { numRuns: 40 },
    );
  });
});
