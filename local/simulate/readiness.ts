import { HOUR_MS, MINUTE_MS } from "../../shared/domain/instant.ts";
import type { Device } from "./device.ts";
import type { Span } from "./hindrances.ts";

/** Less room than this before a car leaves, and what stands in the way now cannot be made good by a later plan. */
const TIGHT_MS = 45 * MINUTE_MS;

/** What a car lacked when it left, and what of that the world took, kWh from the grid. */
export type Lack = { missingKwh: number; takenKwh: number; hinderedMs: number };

/**
 * What a car lacks, and the most that it could have drawn and did not while `hindrances` kept everybody from it. Only from
 * when on it had little room left: what stood in its way before, a plan had time to make good.
 */
export function lackOf(
  { spec, takenKwh, drawn }: Pick<Device, "spec" | "takenKwh" | "drawn">,
  hindrances: Span[],
): Lack {
  const fullKw = spec.maxCurrentA * spec.kwPerA;
  const pieces = piecesOf(drawn, spec);
  let roomMs = spec.departsMs - spec.arrivesMs - (spec.neededKwh / fullKw) * HOUR_MS;
  let lack: Lack = { missingKwh: spec.neededKwh - takenKwh, takenKwh: 0, hinderedMs: 0 };
  for (const { fromMs, toMs, kw } of pieces) {
    const idleShare = 1 - kw / fullKw;
    const tightMs = idleShare > 0 ? fromMs + Math.max(0, roomMs - TIGHT_MS) / idleShare : toMs;
    roomMs -= idleShare * (toMs - fromMs);
    if (tightMs >= toMs) continue;
    const hinderedMs = overlapMs(hindrances, { fromMs: tightMs, toMs });
    lack = {
      ...lack,
      takenKwh: lack.takenKwh + (hinderedMs / HOUR_MS) * (fullKw - kw),
      hinderedMs: lack.hinderedMs + (idleShare > 0 ? hinderedMs : 0),
    };
  }
  return lack;
}

/** What was drawn from arrival to departure, without a gap. */
function piecesOf(drawn: Device["drawn"], { arrivesMs, departsMs }: Device["spec"]): (Span & { kw: number })[] {
  const changes = [{ fromMs: arrivesMs, kw: 0 }, ...drawn];
  return changes.flatMap(({ fromMs, kw }, index) => {
    const toMs = Math.min(departsMs, changes[index + 1]?.fromMs ?? departsMs);
    return fromMs < toMs ? [{ fromMs, toMs, kw }] : [];
  });
}

/** How much of a time the spans cover together, ms. */
function overlapMs(spans: readonly Span[], { fromMs, toMs }: Span): number {
  let [sumMs, coveredMs] = [0, fromMs];
  for (const span of spans.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const [from, to] = [Math.max(coveredMs, span.fromMs), Math.min(toMs, span.toMs)];
    if (to <= from) continue;
    sumMs += to - from;
    coveredMs = to;
  }
  return sumMs;
}
