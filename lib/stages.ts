import { RemovalPolicy } from "aws-cdk-lib";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Region } from "../shared/domain/region.ts";
import { type Endpoints, parseEndpoints } from "./endpoints.ts";
import type { Shift } from "./gradual-deployment.ts";

/** Everything that differs between two deployments. A stage is a value: no other file asks which stage it is in. */
export type StageConfig = {
  name: "dev" | "prod";
  /** Left out, the templates fit any account and region. */
  env: { account?: string; region?: string };
  logRetention: RetentionDays;
  /** Who is told of alarms; left out, the topics have no subscriber until somebody adds one. */
  alarmEmail?: string;
  /** The GitHub repository, `owner/name`, whose workflows may deploy; left out, no role is made for any. */
  repository?: string;
  /** The workflow follows simulated assets through it after a deployment: a role for that. */
  isSoaked: boolean;
  /**
   * All alarms and the dashboards, or only alarms on errors, silence and work left undone: an alarm costs $0.10 a month for
   * every metric that it reads, a dashboard $3.
   */
  watch: "all" | "essential";
  /** Seals tables at rest: the account's own key, whose uses CloudTrail lists and KMS bills, or one of AWS's, which is free. */
  tableKey: "aws-managed" | "aws-owned";
  /** What AWS may cost in a month, US dollars: told when it will be four fifths of it, and when it is all. */
  monthlyBudgetUsd: number;
  /** What calls to one vendor that bills them may cost in a day, US dollars. */
  vendorBudgetUsdPerDay: number;
  /**
   * Caps what a command queue starts at once at the room that its function has for commands. A capped queue is asked by five
   * pollers for ever, $0.26 a month; one without a cap by as few as two while it is idle, and a busy one takes the looks' room
   * and has messages put back.
   */
  capsCommandQueues: boolean;
  /** What happens to tables, keys, secrets and logs when their stack goes away. */
  removalPolicy: RemovalPolicy;
  deletionProtection: boolean;
  /** Days that every event stays replayable. */
  archiveDays: number;
  /** Fleets that a new signal re-plans; an asset names its fleet when it is enrolled. */
  fleets: readonly string[];
  tariff: {
    /** Octopus Energy product code, e.g. AGILE-24-10-01. */
    octopusProduct: string;
    /** Of sites that name no region; C is London. */
    octopusRegion: Region;
    /** Of sites that name no region: "national", or an id of the Carbon Intensity API. */
    carbonRegion: string;
    /** Regions that sites name (`site.region`): their prices and carbon are fetched too. */
    siteRegions: readonly Region[];
  };
  cadences: {
    /** How often scheduler, optimiser and verifier look at the clock. */
    tick: string;
    /** When the signal feeds are asked. */
    signals: readonly { id: string; expression: string; timeZone: string }[];
  };
  /**
   * How much load a fleet may start in one region, kW in a minute; three minutes' worth at once. What is beyond waits: a grid
   * must follow what a price makes thousands of homes do at the same moment.
   */
  rampKwPerMinute: number;
  /** How new code takes over, if not at once: whoever invokes a function then does so through an alias. */
  shift?: Shift;
  /** Other addresses than the vendors' and the feeds' own: a vendor's sandbox, a signing proxy. */
  endpoints: Endpoints;
  /** Invocations at once, kept for (and capped at) this function. Left out: shares the account's pool. */
  reservedConcurrency: { optimiser?: number };
};

const everywhere = {
  fleets: ["main"],
  tariff: { octopusProduct: "AGILE-24-10-01", octopusRegion: "C", carbonRegion: "national", siteRegions: [] },
  cadences: {
    tick: "rate(1 minute)",
    signals: [
      // One minute into each half-hour: the slot before has closed and its carbon figure is out.
      { id: "HalfHourly", expression: "cron(1,31 * * * ? *)", timeZone: "UTC" },
      // Tomorrow's Agile prices appear between 16:00 and 20:00 London time, at no fixed minute.
      { id: "PricePublication", expression: "cron(0/15 16-20 * * ? *)", timeZone: "Europe/London" },
    ],
  },
  // 1,350 cars of 7.4 kW in each minute, and 140 MW a minute in all 14 regions together: generous, until a grid operator
  // names a figure.
  rampKwPerMinute: 10_000,
} satisfies Pick<StageConfig, "fleets" | "tariff" | "cadences" | "rampKwPerMinute">;

/**
 * The two stages. What belongs to whoever deploys comes from the environment: `HEADROOM_<STAGE>_ACCOUNT`, `_REGION`,
 * `_ALARM_EMAIL` (who is told of alarms) and `_ENDPOINTS` (`NAME=url`, several apart by spaces);
 * `HEADROOM_REPOSITORY` is the repository whose workflows may deploy.
 * `HEADROOM_DEV_WATCH=all` watches dev as prod is watched, at the price of that.
 */
export function stagesFrom(environment: Record<string, string | undefined>): Record<StageConfig["name"], StageConfig> {
  const repository = environment.HEADROOM_REPOSITORY;
  if (repository && !/^[\w.-]+\/[\w.-]+$/.test(repository)) {
    throw new Error(`HEADROOM_REPOSITORY is "${repository}"; write it as owner/name`);
  }
  return {
    dev: {
      ...everywhere,
      name: "dev",
      env: target(environment.HEADROOM_DEV_ACCOUNT, environment.HEADROOM_DEV_REGION),
      ...(environment.HEADROOM_DEV_ALARM_EMAIL && { alarmEmail: environment.HEADROOM_DEV_ALARM_EMAIL }),
      ...(repository && { repository }),
      endpoints: parseEndpoints(environment.HEADROOM_DEV_ENDPOINTS ?? ""),
      logRetention: RetentionDays.TWO_WEEKS,
      removalPolicy: RemovalPolicy.DESTROY,
      deletionProtection: false,
      archiveDays: 7,
      isSoaked: true,
      watch: watchOf(environment.HEADROOM_DEV_WATCH),
      tableKey: "aws-owned",
      capsCommandQueues: false,
      monthlyBudgetUsd: 10,
      vendorBudgetUsdPerDay: 5,
      reservedConcurrency: {},
    },
    prod: {
      ...everywhere,
      name: "prod",
      env: target(environment.HEADROOM_PROD_ACCOUNT, environment.HEADROOM_PROD_REGION),
      ...(environment.HEADROOM_PROD_ALARM_EMAIL && { alarmEmail: environment.HEADROOM_PROD_ALARM_EMAIL }),
      ...(repository && { repository }),
      endpoints: parseEndpoints(environment.HEADROOM_PROD_ENDPOINTS ?? ""),
      logRetention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.RETAIN,
      deletionProtection: true,
      archiveDays: 90,
      isSoaked: false,
      watch: "all",
      shift: "ten-percent-a-minute",
      tableKey: "aws-managed",
      capsCommandQueues: true,
      // What stands by, and some ten thousand assets.
      monthlyBudgetUsd: 100,
      // 500 cars at $9 a month, the most that a manifest allows for one.
      vendorBudgetUsdPerDay: 150,
      // A signal for a large fleet fans out to many re-plans; telemetry and commands must still find capacity.
      reservedConcurrency: { optimiser: 20 },
    },
  };
}

function target(account: string | undefined, region: string | undefined): StageConfig["env"] {
  return { ...(account && { account }), ...(region && { region }) };
}

function watchOf(text: string | undefined): StageConfig["watch"] {
  if (text === undefined || text === "" || text === "essential") return "essential";
  if (text === "all") return text;
  throw new Error(`HEADROOM_DEV_WATCH is all or essential, not "${text}"`);
}
