import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import type { z } from "zod";
import { Asset, STREAM_OF_KIND, type Supply } from "../../shared/domain/asset.ts";
import type { Manifest } from "../../shared/domain/manifest.ts";
import { BadInput } from "../feeds/bad-input.ts";
import { isZone } from "./local-time.ts";
import { plain } from "./printable.ts";

export type Integrations = readonly Pick<Manifest, "name" | "family" | "streams">[];
type Problem = { index: number; field: string; what: string };
type Flaw = Omit<Problem, "index">;

/** What an integration's devices are enrolled as. */
const KIND_OF_FAMILY: Record<Manifest["family"], Asset["kind"]> = {
  vehicle: "car",
  charger: "charger",
  "heat-pump": "heat-pump",
  "solar-site": "solar-site",
};

const SHOWN = 20;

/** The assets of a file: all of them valid, or a BadInput that names file, index and field of each fault. */
export function readAssets(file: string, integrations: Integrations): Asset[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new BadInput(`${file}: ${unreadable(error)}.`, { cause: error });
  }
  return parseAssets(text, file, integrations);
}

function parseAssets(text: string, file: string, integrations: Integrations): Asset[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    // Not the parser's message, which quotes the file.
    const [, place] = /(line \d+ column \d+|position \d+)/.exec(String(error)) ?? [];
    throw new BadInput(`${file}: is not JSON${place ? `, at ${place}` : ""}. Nothing was enrolled.`);
  }
  const list: unknown[] = Array.isArray(json) ? json : [json];
  if (list.length === 0) throw new BadInput(`${file}: holds no asset.`);
  const parsed = list.map((item, index) => parseAsset(item, index, integrations));
  const assets = parsed.flatMap(({ asset }) => asset ?? []);
  const problems = parsed.flatMap((one) => one.problems);
  // Repetitions are told once each item is right by itself, so that indexes are those of the file.
  if (problems.length === 0) problems.push(...repetitions(assets), ...disagreements(assets));
  refuse(file, problems);
  return assets;
}

/** Throws when there are problems, naming each with file, index and field. */
export function refuse(file: string, problems: readonly Problem[]): void {
  if (problems.length === 0) return;
  const lines = problems
    .slice(0, SHOWN)
    .map(({ index, field, what }) => `${file}: [${index}]${field === "" ? "" : ` ${field}`}: ${what}`);
  if (problems.length > SHOWN) lines.push(`${file}: and ${problems.length - SHOWN} more`);
  throw new BadInput([...lines, "Nothing was enrolled."].join("\n"));
}

function parseAsset(item: unknown, index: number, integrations: Integrations): { asset?: Asset; problems: Problem[] } {
  const result = Asset.safeParse(item);
  if (!result.success) {
    const problems = result.error.issues.map((issue) => ({ index, field: issue.path.join("."), what: wording(issue) }));
    return { problems };
  }
  const asset = result.data;
  return { asset, problems: beyondSchema(asset, integrations).map((problem) => ({ index, ...problem })) };
}

/** What one asset's schema alone cannot know. */
function beyondSchema(asset: Asset, integrations: Integrations): Flaw[] {
  const problems: Flaw[] = [];
  const known = integrations.find((one) => one.name === asset.integration);
  if (!known) {
    const names = integrations.map((one) => one.name).join(", ");
    problems.push({ field: "integration", what: `there is no "${asset.integration}"; there is: ${names}` });
  } else if (KIND_OF_FAMILY[known.family] !== asset.kind) {
    const what = `${known.name} is for a ${KIND_OF_FAMILY[known.family]}, not for a ${asset.kind}`;
    problems.push({ field: "integration", what });
  }
  if (!isZone(asset.site.timeZone)) {
    problems.push({ field: "site.timeZone", what: "is not an IANA time zone such as Europe/London" });
  }
  if (!/^[\x21-\x7e]+$/.test(asset.vendorAssetId)) {
    problems.push({ field: "vendorAssetId", what: "has a space or a character that no vendor's id has" });
  }
  return [...problems, ...flawsOfKind(asset)];
}

function flawsOfKind(asset: Asset): Flaw[] {
  switch (asset.kind) {
    case "car":
      return [...vinFlaws(asset.vendorAssetId), ...supplyFlaws(asset.supply)];
    case "charger":
      return supplyFlaws(asset.supply);
    case "heat-pump": {
      const { hotWaterMinC, hotWaterMaxC, indoorMinC, indoorMaxC } = asset.preferences;
      return [...bandFlaws("hotWater", hotWaterMinC, hotWaterMaxC), ...bandFlaws("indoor", indoorMinC, indoorMaxC)];
    }
    case "solar-site":
      return [];
  }
}

function vinFlaws(id: string): Flaw[] {
  if (!/^[A-Z0-9]{17}$/.test(id) || !/[IOQ]/.test(id)) return [];
  return [{ field: "vendorAssetId", what: "looks like a VIN, but a VIN has no I, O or Q: a misread 1 or 0?" }];
}

function supplyFlaws({ minCurrentA, maxCurrentA }: Supply): Flaw[] {
  return minCurrentA > maxCurrentA ? [{ field: "supply.minCurrentA", what: "is above maxCurrentA" }] : [];
}

/** A band without room in it could never be kept. */
function bandFlaws(name: string, minC: number | undefined, maxC: number | undefined): Flaw[] {
  if (minC === undefined || maxC === undefined || minC < maxC) return [];
  return [{ field: `preferences.${name}MinC`, what: `is not below ${name}MaxC` }];
}

function repetitions(assets: readonly Asset[]): Problem[] {
  const problems: Problem[] = [];
  const seen = new Map<string, number>();
  const once = (field: string, key: string, index: number) => {
    const first = seen.get(key);
    if (first === undefined) seen.set(key, index);
    else problems.push({ index, field, what: `is that of [${first}] too` });
  };
  for (const [index, asset] of assets.entries()) {
    once("assetId", `asset ${asset.assetId}`, index);
    once("vendorAssetId", `vendor ${asset.integration} ${asset.vendorAssetId}`, index);
  }
  return problems;
}

/** Assets at one site pay one tariff by one clock. */
function disagreements(assets: readonly Asset[]): Problem[] {
  return assets.flatMap(({ site }, index) => {
    const first = assets.findIndex((other) => other.site.siteId === site.siteId);
    const other = assets[first]?.site ?? site;
    return (["timeZone", "region", "tariff"] as const)
      .filter((key) => !isDeepStrictEqual(site[key], other[key]))
      .map((key) => ({ index, field: `site.${key}`, what: `is not that of [${first}], at the same site` }));
  });
}

/** Zod's message, shortened where a person would say it shorter. It never quotes a value. */
function wording(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys") return `unknown field: ${issue.keys.map(plain).join(", ")}`;
  if (issue.code === "invalid_union" && issue.path.join(".") === "kind")
    return `expected one of: ${Object.keys(STREAM_OF_KIND).join(", ")}`;
  if (issue.code === "invalid_type" && issue.message.endsWith("received undefined")) {
    return `is missing (${issue.expected})`;
  }
  return issue.message.replace(/^Invalid (?:input|string): /, "");
}

function unreadable(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EISDIR") return "is a folder, not a file";
  if (code === "EACCES") return "may not be read by this user";
  return `cannot be read (${String(code)})`;
}
