import { join } from "node:path";
import { MISSED_TIMES } from "../../lambdas/optimiser/habits.ts";
import { type BacktestInputs, type BacktestRequest, prepareBacktest } from "./inputs.ts";
import { type Backtest, backtest, type Choices, type RegretPart } from "./run.ts";
import { POLICY_NAMES } from "./text.ts";

type Site = Pick<BacktestRequest, "prices" | "carbon" | "sessions" | "chargers" | "shiftDays" | "zone">;
type Run = {
  name: string;
  site: Site;
  stepMinutes: number;
  capKw?: number;
  drivers: "stated" | "known";
  missedTimes?: number;
  execution?: Choices["execution"];
};
type Done = { run: Run; unit: "pence" | "grams"; result: Backtest };

/** Runs everything that docs/backtest.md tells of on the files of `folder`, and gives its tables as markdown. */
export async function suiteTables(
  folder: string,
  onProgress: (what: string, share: number) => void = () => {},
): Promise<string> {
  const { free, known, stated } = runsOf(folder);
  const all = [...free, ...known, ...stated];
  let begun = 0;
  const prepared = new Map<string, BacktestInputs>();
  const play = async (run: Run): Promise<Done> => {
    const key = JSON.stringify([run.site.sessions, run.site.prices, run.stepMinutes]);
    const request = { ...run.site, stepMinutes: run.stepMinutes, publishedAt: "16:00", carbonWeightPencePerKg: 0 };
    const inputs = prepared.get(key) ?? (await prepareBacktest(request));
    prepared.set(key, inputs);
    const cap = run.capKw === undefined ? "" : ` under ${run.capKw} kW`;
    onProgress(`${run.name}${cap}`, begun++ / all.length);
    const result = backtest(inputs, {
      policy: "rolling",
      capKw: run.capKw ?? Number.POSITIVE_INFINITY,
      drivers: run.drivers === "known" ? "true" : "stated",
      missedTimes: run.missedTimes ?? MISSED_TIMES,
      execution: run.execution ?? "any power",
    });
    return { run, unit: inputs.grid.price ? "pence" : "grams", result };
  };
  const playAll = async (runs: readonly Run[]): Promise<Done[]> => {
    const done: Done[] = [];
    for (const run of runs) done.push(await play(run));
    return done;
  };
  const freeDone = await playAll(free);
  return [
    "## Without a cap, steps of 5 minutes",
    freeTable(freeDone),
    regretTable(freeDone),
    "## Under a cap, drivers' plans known",
    capTable(await playAll(known)),
    "## Under a cap, by what drivers said",
    capTable(await playAll(stated)),
  ].join("\n\n");
}

function runsOf(folder: string): { free: Run[]; known: Run[]; stated: Run[] } {
  const sessions = (name: string) => join(folder, "sessions", name);
  const signal = (name: string) => join(folder, "signals", name);
  const acn = { carbon: signal("caiso_sce_moer_5min_2021-05.csv"), shiftDays: 0, zone: "America/Los_Angeles" };
  const caltech: Site = {
    ...acn,
    sessions: sessions("acn_caltech_2021-05.csv"),
    chargers: { maxPowerKw: 7.2, ofStation: new Map([["11900388", 50]]) },
  };
  const jpl: Site = {
    ...acn,
    sessions: sessions("acn_jpl_2021-05.csv"),
    chargers: { maxPowerKw: 6.656, ofStation: new Map() },
  };
  const garages = {
    sessions: sessions("norway_residential_2019-09-15_2019-12-15.csv"),
    chargers: { maxPowerKw: 7.4, ofStation: new Map() },
    shiftDays: 1463,
    zone: "Europe/London",
  };
  const carbon = signal("gb_carbon_hourly_2023-09-01_2023-12-20.csv");
  const agile: Site = { ...garages, carbon, prices: signal("gb_agile_2023-09-01_2023-12-20.csv") };
  const free = (name: string, site: Site, drivers: Run["drivers"], more: Partial<Run> = {}): Run => ({
    name,
    site,
    stepMinutes: 5,
    drivers,
    ...more,
  });
  const under = (drivers: Run["drivers"], name: string, site: Site, caps: readonly number[], more: Partial<Run> = {}) =>
    caps.map((capKw): Run => ({ name, site, stepMinutes: 15, capKw, drivers, ...more }));
  const jplCaps = [80, 60, 50, 40, 30, 20];
  const caltechCaps = [60, 40, 30, 20];
  return {
    free: [
      free("garages, Agile, real execution", agile, "known", { execution: "real" }),
      free("garages, GB carbon", { ...garages, carbon }, "known"),
      free("Caltech, drivers known", caltech, "known"),
      free("Caltech, as stated", caltech, "stated"),
      free("JPL, drivers known", jpl, "known"),
      free("JPL, as stated", jpl, "stated"),
      free("JPL, as stated, `--missed 6`", jpl, "stated", { missedTimes: 6 }),
    ],
    known: [
      ...under("known", "JPL", jpl, jplCaps),
      ...under("known", "Caltech", caltech, caltechCaps),
      ...under("known", "garages, Agile", agile, [30], { stepMinutes: 30 }),
      ...under("known", "JPL, `--execution real`", jpl, [80], { execution: "real" }),
    ],
    stated: [
      ...under("stated", "JPL", jpl, jplCaps),
      ...under("stated", "JPL, `--missed 6`", jpl, [80], { missedTimes: 6 }),
      ...under("stated", "Caltech", caltech, caltechCaps),
    ],
  };
}

function freeTable(all: readonly Done[]): string {
  return table(
    "run | at plug-in | foresight | rolling | unit | rolling delivers | of foresight's saving | commands per car-day",
    "--- | ---: | ---: | ---: | --- | ---: | ---: | ---:",
    all.map(({ run, unit, result }) => {
      const { now, cheapest, rolling } = result.scores;
      const perKwh = [now, cheapest, rolling].map((one) =>
        (one ? one.value / one.deliveredKwh : Number.NaN).toFixed(2),
      );
      return [
        run.name,
        ...perKwh,
        unit === "pence" ? "p/kWh" : "gCO2/kWh",
        delivered(rolling),
        percent(result.shareOfSaving),
        ((rolling?.commands ?? 0) / (rolling?.carDays ?? 1)).toFixed(2),
      ];
    }),
  );
}

function regretTable(all: readonly Done[]): string {
  const causes: RegretPart["cause"][] = ["arrival", "departure", "need", "signal", "execution"];
  return table(
    `regret of rolling | total | ${causes.join(" | ")}`,
    "--- | ---: | ---: | ---: | ---: | ---: | ---:",
    all.map(({ run, unit, result }) => {
      const { regret, scores } = result;
      const inUnit = (value: number) => (value / (unit === "pence" ? 100 : 1000)).toFixed(1).replace(/^-0\.0$/, "0.0");
      const parts = new Map(regret.parts.map(({ cause, value }) => [cause, value]));
      const ofForesight = ((100 * regret.value) / Math.abs(scores.cheapest.value)).toFixed(2);
      return [
        `${run.name}, ${unit === "pence" ? "£" : "kg CO2"}`,
        `${inUnit(regret.value)} (${ofForesight.replace(/^-(0\.00)$/, "$1")} %)`,
        ...causes.map((cause) => {
          const value = parts.get(cause) ?? null;
          return value === null ? "–" : inUnit(value);
        }),
      ];
    }),
  );
}

function capTable(all: readonly Done[]): string {
  return table(
    "site | cap | policy | delivered | per kWh | of foresight's saving | with the signal known | late cars",
    "--- | ---: | --- | ---: | ---: | ---: | ---: | ---:",
    all.flatMap(({ run, unit, result }) =>
      (["llf", "rolling", "cheapest"] as const).flatMap((policy) => {
        const score = result.scores[policy];
        if (!score) return [];
        const isRolling = policy === "rolling";
        const hasSaving = result.shareOfSaving !== null;
        const share = isRolling ? result.shareOfSaving : hasSaving ? (policy === "llf" ? 0 : 1) : null;
        return [
          [
            policy === "llf" ? run.name : "",
            policy === "llf" ? `${run.capKw} kW` : "",
            POLICY_NAMES[policy] ?? policy,
            delivered(score),
            `${(score.value / score.deliveredKwh).toFixed(2)} ${unit === "pence" ? "p" : "g"}`,
            percent(share),
            isRolling ? percent(shareWithSignal(result)) : "",
            String(score.lateCars),
          ],
        ];
      }),
    ),
  );
}

/** The share of the saving without the signal's part of the regret; null where there is none to tell. */
function shareWithSignal({ possible, regret, shareOfSaving }: Backtest): number | null {
  const signal = regret.parts.find(({ cause }) => cause === "signal")?.value ?? null;
  return shareOfSaving === null || signal === null ? null : 1 - (regret.value - signal) / possible;
}

function delivered(score: Backtest["scores"]["now"] | undefined): string {
  return score ? `${((100 * score.deliveredKwh) / score.neededKwh).toFixed(2)} %` : "–";
}

function percent(share: number | null): string {
  return share === null ? "–" : `${(100 * share).toFixed(1).replace(/^-0\.0$/, "0.0")} %`;
}

function table(head: string, rule: string, rows: readonly (readonly string[])[]): string {
  return [`| ${head} |`, `| ${rule} |`, ...rows.map((cells) => `| ${cells.join(" | ")} |`)].join("\n");
}
