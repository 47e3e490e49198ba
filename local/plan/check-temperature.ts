import type { CaseAsset } from "./case-file.ts";
import type { Check } from "./checker.ts";

const KELVIN = 1e-2;

/** The home's temperature after each slot, simulated from its powers. */
function temperatures(asset: Extract<CaseAsset, { kind: "heatpump" }>, kw: readonly number[], hours: number): number[] {
  const after: number[] = [];
  let now = asset.initialC;
  for (const [t, power] of kw.entries()) {
    const outdoor = (1 - asset.decay) * (asset.outdoorC[t] as number);
    now = asset.decay * now + outdoor + asset.gainCPerKwhHeat * (asset.cop[t] as number) * hours * power;
    after.push(now);
  }
  return after;
}

export function checkTemperature(
  check: Check,
  asset: Extract<CaseAsset, { kind: "heatpump" }>,
  kw: readonly number[],
): void {
  for (const [t, atC] of temperatures(asset, kw, check.hours).entries()) {
    if (atC > (asset.maxC[t] as number) + KELVIN) check.broken(asset.id, `reaches ${atC} °C after slot ${t}`);
    check.verdict.parts.discomfort += asset.discomfortPenalty * Math.max((asset.minC[t] as number) - atC, 0);
  }
}
