import type { Instant } from "../../../shared/domain/instant.ts";
import type { PlainStart } from "../engine/fleet/start.ts";
import { standing } from "../keep.ts";
import { type Ask, afterSettled } from "./ask.ts";
import type { Grid } from "./grid.ts";
import { useOf, whOf } from "./limits.ts";

/**
 * The plans in force as where the engine begins: whoever may keep what it has keeps it. What a plan gives beyond the need is
 * left off at its end; one that gives too little, or must not stand, is made anew. Undefined when there is none.
 */
export function startFrom(asks: readonly Ask[], grid: Grid, now: Instant): PlainStart | undefined {
  const rows = asks.map((ask): Int32Array | undefined => {
    const ahead = standing(ask.job, now);
    if (!ahead) return undefined;
    let leftWh = Math.floor(ask.leftKwh * 1000);
    const { meanKw } = useOf(afterSettled(ask, ahead), grid);
    return Int32Array.from(meanKw, (kw) => {
      const wh = Math.min(leftWh, Math.round(whOf(kw, grid.stepMs)));
      leftWh -= wh;
      return wh;
    });
  });
  if (rows.every((row) => row === undefined)) return undefined;
  return { energyWh: (asset, slot) => (asset < rows.length ? (rows[asset]?.[slot] ?? null) : null) };
}
