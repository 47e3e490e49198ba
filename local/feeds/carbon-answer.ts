import { HOUR_MS } from "../../shared/domain/instant.ts";
import { type Answer, json } from "./loopback.ts";
import { type FeedPoint, HALF_HOUR_MS } from "./points.ts";

const FORECAST_HALF_HOURS = 96;
const LONGEST_RANGE_MS = 14 * 24 * HOUR_MS;
const TIME = String.raw`(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}Z)`;
const NATIONAL = new RegExp(`^/intensity/${TIME}/${TIME}$`);
const REGIONAL = new RegExp(`^/regional/intensity/${TIME}/${TIME}/regionid/([1-9]|1[0-7])$`);

/**
 * The two range calls over the points of a region, or "national", as known at `knownAtMs`: 96 half-hours ahead, actual figures half an hour after
 * their slot. No forecast of those days was kept by anyone, so the forecast served is the recorded actual: plans made
 * on it are better informed than in life. The verbal index and the fuel mix are left out, and values keep the decimals
 * of the recording.
 */
export function carbonAnswer(
  path: string,
  pointsOf: (region: string) => readonly FeedPoint[],
  knownAtMs: number,
): Answer {
  const [, fromText, toText, region] = NATIONAL.exec(path) ?? REGIONAL.exec(path) ?? [];
  if (fromText === undefined || toText === undefined) return failure("404 Not Found", `${path} is not served here`);
  const [fromMs, toMs] = [Date.parse(fromText), Date.parse(toText)];
  if (!(fromMs < toMs && toMs - fromMs <= LONGEST_RANGE_MS))
    return failure("400 Bad Request", "a range spans 14 days at most");

  const horizonMs = Math.floor(knownAtMs / HALF_HOUR_MS + FORECAST_HALF_HOURS) * HALF_HOUR_MS;
  const rows = pointsOf(region ?? "national")
    .filter((point) => point.startsAtMs >= fromMs && point.endsAtMs <= Math.min(toMs, horizonMs))
    .map(({ startsAtMs, endsAtMs, value }) => {
      const actual = endsAtMs + HALF_HOUR_MS <= knownAtMs ? value : null;
      const intensity = region === undefined ? { forecast: value, actual } : { forecast: value };
      return { from: toMinute(startsAtMs), to: toMinute(endsAtMs), intensity };
    });
  return json(200, { data: region === undefined ? rows : { regionid: Number(region), data: rows } });
}

function failure(code: string, message: string): Answer {
  return json(Number(code.slice(0, 3)), { error: { code, message } });
}

function toMinute(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16)}Z`;
}
