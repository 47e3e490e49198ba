import type { Manifest } from "../../shared/domain/manifest.ts";
import { HOURS_PER_MONTH, PRICES, scaled, sumOf, type Usage } from "../bench/prices.ts";
import type { NightSpent } from "./night.ts";
import type { CustomMetric, Spent } from "./spending.ts";
import type { Deployed } from "./template.ts";

type Unit = keyof typeof PRICES.usd;
/** So many units of a month, and what they are for. */
export type Item = { what: string; unit: Unit; amount: number };

const SERVICES = {
  DynamoDB: ["writeUnit", "readUnit", "storedGb", "backupGb"],
  Lambda: ["invoke", "gbSecond"],
  SQS: ["queueRequest"],
  EventBridge: ["event", "archivedGb", "archiveStoredGb", "scheduled"],
  "CloudWatch alarms": ["alarmMetric", "fastAlarmMetric", "compositeAlarm"],
  "CloudWatch metrics": ["customMetric", "dashboard"],
  "CloudWatch logs": ["logGb", "logStoredGb"],
  KMS: ["kmsKey", "kmsRequest"],
  "Secrets Manager": ["secret"],
} as const satisfies Record<string, readonly Unit[]>;
type Service = keyof typeof SERVICES;

const UNIT_OF = {
  writeUnits: "writeUnit",
  readUnits: "readUnit",
  invokes: "invoke",
  gbSeconds: "gbSecond",
  events: "event",
  queueRequests: "queueRequest",
  kmsRequests: "kmsRequest",
  logBytes: "logGb",
} as const satisfies Record<keyof Usage, Unit>;

const GB = 2 ** 30;
const DAYS_PER_MONTH = HOURS_PER_MONTH / 24;

/** What is assumed because nothing here can count it; printed with each bill. */
export const ASSUMED = {
  /** Of a queue that waits: each of a mapping's pollers asks once in so many seconds. */
  pollSeconds: 20,
  /** Pollers of a mapping with a maximum concurrency, and of one without, whose pollers AWS thins out when idle. */
  cappedPollers: 5,
  freePollers: 2,
  /** Requests of a table for AWS's key in our account: at most one in so many minutes. */
  tableKeyMinutes: 5,
} as const;

/** Receives in a month of one idle mapping. */
export function idleReceives(pollers: number): number {
  return (pollers * HOURS_PER_MONTH * 3600) / ASSUMED.pollSeconds;
}

/** What a stage costs in a month whatever its fleet does. `metrics` are those sent with such a fleet. */
export function fixedItems(deployed: Deployed, idle: Record<string, Usage>, metrics: number): Item[] {
  const ticks = Object.entries(deployed.runs).flatMap(([name, runs]) =>
    itemsOf(`idle ${name}`, scaled(idle[name] ?? raise(name), runs)),
  );
  const logGb = ticks.filter(({ unit }) => unit === "logGb").reduce((sum, { amount }) => sum + amount, 0);
  const { cappedPollers, freePollers, managedKeyTables } = deployed;
  return [
    { what: "token key", unit: "kmsKey", amount: deployed.keys },
    { what: "vendors' client secrets", unit: "secret", amount: deployed.secrets },
    { what: "metrics read by alarms", unit: "alarmMetric", amount: deployed.alarmMetrics },
    { what: "metrics read by fast alarms", unit: "fastAlarmMetric", amount: deployed.fastAlarmMetrics },
    { what: "composite alarms", unit: "compositeAlarm", amount: deployed.compositeAlarms },
    { what: "dashboards", unit: "dashboard", amount: deployed.dashboards },
    { what: "custom metrics", unit: "customMetric", amount: metrics },
    {
      what: `polls, ${cappedPollers} capped mappings`,
      unit: "queueRequest",
      amount: cappedPollers * idleReceives(ASSUMED.cappedPollers),
    },
    {
      what: `polls, ${freePollers} uncapped mappings`,
      unit: "queueRequest",
      amount: freePollers * idleReceives(ASSUMED.freePollers),
    },
    {
      what: `keys of ${managedKeyTables} tables`,
      unit: "kmsRequest",
      amount: (managedKeyTables * HOURS_PER_MONTH * 60) / ASSUMED.tableKeyMinutes,
    },
    { what: "ticks", unit: "scheduled", amount: Object.values(deployed.runs).reduce((sum, runs) => sum + runs, 0) },
    ...ticks,
    { what: "idle logs kept", unit: "logStoredGb", amount: (logGb * deployed.logDays) / DAYS_PER_MONTH },
  ];
}

/** What one asset adds in a month. */
export function assetItems(
  deployed: Deployed,
  { look, cadenceMinutes, night }: { look: Usage; cadenceMinutes: number; night: NightSpent },
): Item[] {
  const nights = DAYS_PER_MONTH / night.assets;
  const looks = (HOURS_PER_MONTH * 60) / cadenceMinutes + furtherLooks(night, cadenceMinutes) * DAYS_PER_MONTH;
  const looking = scaled(look, looks);
  const acting = Object.entries(night.usages).map(([what, usage]): [string, Usage] => [what, scaled(usage, nights)]);
  const logGb = sumOf(looking, ...acting.map(([, usage]) => usage)).logBytes / GB;
  const eventGb = (night.eventBytes * nights) / GB;
  const storedGb = night.storedBytesPerAsset / GB;
  return [
    ...itemsOf("looks and their scheduling", looking),
    ...acting.flatMap(([what, usage]) => itemsOf(what, usage)),
    { what: "logs kept", unit: "logStoredGb", amount: (logGb * deployed.logDays) / DAYS_PER_MONTH },
    { what: "events archived", unit: "archivedGb", amount: eventGb },
    { what: "events kept", unit: "archiveStoredGb", amount: (eventGb * deployed.archiveDays) / DAYS_PER_MONTH },
    { what: "tables", unit: "storedGb", amount: storedGb },
    { what: "their backup", unit: "backupGb", amount: deployed.backedUpTables > 0 ? storedGb : 0 },
  ];
}

/** Looks in a night beyond those of the cadence, for each asset: a command waits for its proof. */
export function furtherLooks({ looks, assets, hours }: NightSpent, cadenceMinutes: number): number {
  return Math.max(0, looks / assets - (hours * 60) / cadenceMinutes);
}

/** Custom metrics billed: of a night's vendors each name and kind once for every integration that is deployed. */
export function metricsBilled(
  idle: Spent["metrics"],
  night: Spent["metrics"],
  { nightVendors, integrations }: { nightVendors: readonly string[]; integrations: readonly string[] },
): number {
  const billed = new Set(idle.keys());
  const isVendors = (value: string) => nightVendors.includes(value);
  for (const [key, { name, dimensions }] of night) {
    if (!Object.values(dimensions).some(isVendors)) billed.add(key);
    else
      for (const integration of integrations)
        billed.add(keyOf({ name, dimensions: renamed(dimensions, isVendors, integration) }));
  }
  return billed.size;
}

export function keyOf({ name, dimensions }: CustomMetric): string {
  return JSON.stringify([name, dimensions]);
}

function renamed(dimensions: Record<string, string>, isVendors: (value: string) => boolean, integration: string) {
  return Object.fromEntries(
    Object.entries(dimensions).map(([key, value]) => [key, isVendors(value) ? integration : value]),
  );
}

function usdOfItem({ unit, amount }: Item): number {
  return amount * PRICES.usd[unit];
}

export function totalUsd(items: readonly Item[]): number {
  return items.reduce((sum, item) => sum + usdOfItem(item), 0);
}

export function times(items: readonly Item[], count: number): Item[] {
  return items.map((item) => ({ ...item, amount: item.amount * count }));
}

/** US dollars of a month by service, in a fixed order; every service is there. */
export function usdByService(items: readonly Item[]): { service: Service; usd: number }[] {
  return (Object.keys(SERVICES) as Service[]).map((service) => {
    const units: readonly Unit[] = SERVICES[service];
    return { service, usd: totalUsd(items.filter(({ unit }) => units.includes(unit))) };
  });
}

/** What the tier that is always free takes off these items, US dollars of a month. */
export function freeUsd(items: readonly Item[]): number {
  return Object.entries(PRICES.free).reduce((sum, [unit, free]) => {
    const used = items.filter((item) => item.unit === unit).reduce((amount, item) => amount + item.amount, 0);
    return sum + Math.min(used, free) * PRICES.usd[unit as Unit];
  }, 0);
}

/** A vendor's own bill for one asset in a month, US dollars, at most: each look and command makes all its calls. */
export function vendorUsd(
  { priceUsd, callsPerLook, callsPerCommand }: Manifest,
  { looks, commands }: { looks: number; commands: number },
): { looks: number; commands: number } {
  const each = (calls: Manifest["callsPerLook"]) =>
    Object.entries(calls).reduce((sum, [kind, count]) => sum + count * priceUsd[kind as keyof typeof priceUsd], 0);
  return { looks: looks * each(callsPerLook), commands: commands * each(callsPerCommand) };
}

function itemsOf(what: string, usage: Usage): Item[] {
  return Object.entries(UNIT_OF).map(([name, unit]) => {
    const amount = usage[name as keyof Usage];
    return { what, unit, amount: unit === "logGb" ? amount / GB : amount };
  });
}

function raise(name: string): never {
  throw new Error(`a clock wakes ${name}, but nobody counted what its tick uses`);
}
