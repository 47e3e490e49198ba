import { readFileSync } from "node:fs";
import type { z } from "zod";
import { Asset } from "../../shared/domain/asset.ts";
import type { Manifest } from "../../shared/domain/manifest.ts";
import { BadInput } from "../feeds/bad-input.ts";
import { isZone } from "./local-time.ts";
import { plain } from "./printable.ts";

export type Integrations = readonly Pick<Manifest, "name" | "family">[];
type Problem = { index: number; field: string; what: string };

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
  if (problems.length === 0) problems.push(...repetitions(assets));
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
function beyondSchema(asset: Asset, integrations: Integrations): Omit<Problem, "index">[] {
  const problems: Omit<Problem, "index">[] = [];
  const known = integrations.find((one) => one.name === asset.integration);
  if (!known) {
    const names = integrations.map((one) => one.name).join(", ");
    problems.push({ field: "integration", what: `there is no "${asset.integration}"; there is: ${names}` });
  } else if (known.family !== "vehicle") {
    problems.push({ field: "integration", what: `${known.name} is for a ${known.family}, not for a car` });
  }
  if (!isZone(asset.site.timeZone)) {
    problems.push({ field: "site.timeZone", what: "is not an IANA time zone such as Europe/London" });
  }
  const vendorId = vendorIdProblem(asset.vendorAssetId);
  if (vendorId) problems.push({ field: "vendorAssetId", what: vendorId });
  if (asset.supply.minCurrentA > asset.supply.maxCurrentA) {
    problems.push({ field: "supply.minCurrentA", what: "is above maxCurrentA" });
  }
  return problems;
}

function vendorIdProblem(id: string): string | undefined {
  if (!/^[\x21-\x7e]+$/.test(id)) return "has a space or a character that no vendor's id has";
  if (/^[A-Z0-9]{17}$/.test(id) && /[IOQ]/.test(id))
    return "looks like a VIN, but a VIN has no I, O or Q: a misread 1 or 0?";
  return undefined;
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

/** Zod's message, shortened where a person would say it shorter. It never quotes a value. */
function wording(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys") return `unknown field: ${issue.keys.map(plain).join(", ")}`;
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
