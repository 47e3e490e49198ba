import { PRICES } from "../bench/prices.ts";
import { ASSUMED, freeUsd, type Item, idleReceives, times, totalUsd, usdByService } from "./bill.ts";

type VendorMoney = { name: string; looksUsd: number; commandsUsd: number; budgetUsd: number | undefined };

export type BillPage = {
  stage: string;
  assets: number;
  cadenceMinutes: number;
  fixed: readonly Item[];
  /** Of one asset. */
  each: readonly Item[];
  vendors: readonly VendorMoney[];
  counted: {
    largestFleet: number;
    nightAssets: number;
    nightHours: number;
    commandsPerDay: number;
    looksPerDay: number;
  };
  bar: { what: string; usd: number; mostUsd: number };
};

const WIDTH = 80;
const usd = (value: number) => (value === 0 ? "–" : value < 0.005 ? "< 0.01" : value.toFixed(2));
/** A price of a millionth is told without an exponent. */
const price = ({ unit }: Item) => PRICES.usd[unit].toFixed(8).replace(/0{1,6}$/, "");
const small = (value: number) => (value === 0 ? "–" : value.toFixed(6));
const whole = (value: number) => value.toLocaleString("en-GB", { maximumFractionDigits: 0 });

/** The bill in plain text, at most 80 columns. */
export function billText(page: BillPage): string {
  const { stage, assets, cadenceMinutes, fixed, each, bar } = page;
  const all = times(each, assets);
  const isMet = bar.usd <= bar.mostUsd;
  return [
    `Monthly bill of ${stage}: ${whole(assets)} assets, each looked at every ${cadenceMinutes} minutes`,
    `US dollars, ${PRICES.region}, prices of ${PRICES.asOf}, without the free tier`,
    "",
    byService(fixed, each, assets),
    "",
    `The tier that is always free would take off ${usd(freeUsd([...fixed, ...all]))}.`,
    `${isMet ? "met  " : "ABOVE"} ${bar.what}: $${bar.usd.toFixed(2)}, at most $${bar.mostUsd}`,
    "",
    "Fixed, by what is deployed",
    ...linesByWhat(fixed, usd),
    "",
    ...(each.length === 0 ? [] : ["For an asset, by what it is for", ...linesByWhat(each, small), ""]),
    ...vendorLines(page),
    "Counted",
    ...wrapped(countedWords(page)),
    "",
    "Assumed",
    ...ASSUMPTIONS.flatMap((text) => wrapped(text)),
  ].join("\n");
}

function byService(fixed: readonly Item[], each: readonly Item[], assets: number): string {
  const [fixedBy, eachBy] = [usdByService(fixed), usdByService(each)];
  const rows = fixedBy.map(({ service, usd: fixedUsd }, at) => {
    const eachUsd = eachBy[at]?.usd ?? 0;
    return [service, usd(fixedUsd), usd(eachUsd * assets), usd(fixedUsd + eachUsd * assets), small(eachUsd)];
  });
  const [fixedUsd, eachUsd] = [totalUsd(fixed), totalUsd(each)];
  const all = ["all", usd(fixedUsd), usd(eachUsd * assets), usd(fixedUsd + eachUsd * assets), small(eachUsd)];
  return table([["", "fixed", "variable", "together", "an asset"], ...rows, all]);
}

function table(rows: readonly (readonly string[])[]): string {
  return rows
    .map((cells) =>
      cells
        .map((cell, at) => (at === 0 ? cell.padEnd(22) : cell.padStart(14)))
        .join("")
        .trimEnd(),
    )
    .join("\n");
}

/** Idle ticks are several units of one thing; what comes to nothing is left out. */
function linesByWhat(items: readonly Item[], shown: (usd: number) => string): string[] {
  const byWhat = new Map<string, Item[]>();
  for (const item of items) byWhat.set(item.what, [...(byWhat.get(item.what) ?? []), item]);
  return [...byWhat]
    .filter(([, items]) => totalUsd(items) > 0)
    .map(([what, items]) => {
      const [only] = items;
      const isPlain = items.length === 1 && only && only.amount >= 1;
      const amount = isPlain ? `${whole(only.amount)} × $${price(only)}` : "counted";
      return `  ${what.padEnd(34)}${amount.padStart(26)}${shown(totalUsd(items)).padStart(16)}`;
    });
}

function vendorLines({ vendors, assets }: BillPage): string[] {
  if (vendors.length === 0) return [];
  return [
    "Vendors' own bills for one asset, at most (every look and command, all calls)",
    table([
      ["", "looks", "commands", "together", "its budget"],
      ...vendors.map(({ name, looksUsd, commandsUsd, budgetUsd }) => [
        name,
        usd(looksUsd),
        usd(commandsUsd),
        usd(looksUsd + commandsUsd),
        budgetUsd === undefined ? "–" : usd(budgetUsd),
      ]),
    ]),
    ...vendors.map(
      ({ name, looksUsd, commandsUsd }) =>
        `If all ${whole(assets)} were of ${name}: ${usd((looksUsd + commandsUsd) * assets)}`,
    ),
    "",
  ];
}

function countedWords({ counted, assets }: BillPage): string {
  const { largestFleet, nightAssets, nightHours, commandsPerDay, looksPerDay } = counted;
  if (assets === 0)
    return "Idle ticks of the real functions over tables in memory; resources of the synthesised stage.";
  return (
    `Looks: the real scheduler and poll, a whole turn of ${whole(Math.min(assets, largestFleet))} assets. Commands, plans and ` +
    `verdicts: the real functions through a night of ${nightAssets} assets and ${nightHours} hours without faults, ` +
    `${commandsPerDay.toFixed(1)} commands and ${looksPerDay.toFixed(1)} further looks for each asset. Idle ticks: the real functions. ` +
    "Resources: the synthesised stage."
  );
}

const ASSUMPTIONS: readonly string[] = [
  `A queue that waits is asked every ${ASSUMED.pollSeconds} s by each poller of its mapping: ${ASSUMED.cappedPollers} with a maximum ` +
    `concurrency (${whole(idleReceives(ASSUMED.cappedPollers))} requests a month), ${ASSUMED.freePollers} without (${whole(idleReceives(ASSUMED.freePollers))}), ` +
    "which AWS thins out to as few as 2 only there.",
  `A table asks for AWS's key in our account at most every ${ASSUMED.tableKeyMinutes} minutes.`,
  "An invocation takes 50 ms beside its waiting; a vendor's call 0.6 s in the mean; Lambda's own log lines are 400 bytes.",
  "One look in ten shows something that plans rest on. One such night is a day of an asset.",
  "An integration has room for the batches of looks that fall into a minute: more are spread, over all of it at most, and the scheduler's waiting is then up to $8.60 a month.",
  "Logs are kept uncompressed. The token key has not been rotated: its first two yearly rotations add $1 each.",
  "Sparse metrics, sent only when something is wrong, are not in it; nor are e-mails, deployments, data out and taxes.",
];

function wrapped(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || `${last} ${word}`.length > WIDTH)
      lines.push(`${lines.length === 0 ? "- " : "  "}${word}`);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
