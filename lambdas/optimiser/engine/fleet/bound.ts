import { add, addProduct, type ExactSum, exactSum } from "./exact-sum.ts";
import type { Fleet } from "./problem.ts";
import type { Prices } from "./state.ts";

/**
 * The certificate: what the fleet would cost at least, whatever its schedule, by Lagrange: every asset alone at its
 * cheapest under the prices of capacity, less what the caps are worth at those prices. True for any prices that are
 * not negative, and of ramp. Shares no code with what makes schedules, on purpose.
 * @param ramp most change of the load from slot to slot, and its price into each slot: above zero for rising, below for
 * falling
 */
export function lowerBound(
  fleet: Fleet,
  prices: Prices,
  ramp?: { rampWh: number; price: ArrayLike<number> },
): ExactSum {
  const { slots, width, classes, groups, segment, from, to, limit, head, tail, total, optional } = fleet;
  const bound = exactSum();
  for (let t = 0; t < slots; t++) {
    if (prices.fleet[t]! < 0) throw new RangeError(`the price of slot ${t} is negative`);
    if (prices.fleet[t] !== 0) addProduct(bound, fleet.fleetCap[t]!, -prices.fleet[t]!);
  }
  for (let cell = 0; cell < groups * slots; cell++) {
    if (prices.group[cell]! < 0) throw new RangeError(`the price of group cell ${cell} is negative`);
    if (prices.group[cell] !== 0) addProduct(bound, fleet.groupCap[cell]!, -prices.group[cell]!);
  }
  for (let t = 1; ramp !== undefined && t < slots; t++) {
    addProduct(bound, ramp.rampWh, -Math.abs(ramp.price[t]!));
  }
  const slotPrice = new Float64Array(slots);
  const cheapest = new Uint8Array(slots);
  for (let s = 0; s < segment.length - 1; s++) {
    if (segment[s] === segment[s + 1]) continue;
    const group = Math.trunc(s / classes);
    const row = (s % classes) * width;
    const shortfallPrice = fleet.price[row + slots]!;
    for (let t = 0; t < slots; t++) {
      slotPrice[t] = fleet.price[row + t]! + prices.fleet[t]! + prices.group[group * slots + t]!;
      // A kWh here is a rise into this slot and a fall into the next.
      if (ramp !== undefined && t > 0) slotPrice[t]! += ramp.price[t]!;
      if (ramp !== undefined && t < slots - 1) slotPrice[t]! -= ramp.price[t + 1]!;
      let p = t;
      for (; p > 0 && slotPrice[cheapest[p - 1]!]! > slotPrice[t]!; p--) cheapest[p] = cheapest[p - 1]!;
      cheapest[p] = t;
    }
    for (let i = segment[s]!; i < segment[s + 1]!; i++) {
      const first = from[i]!;
      const end = to[i]!;
      const most = limit[i]!;
      // Optional energy is worth taking below zero, needed energy below the price of not delivering it.
      let needed = total[i]! - optional[i]!;
      let wanted = total[i]!;
      let value = 0;
      for (let p = 0; p < slots && wanted > 0; p++) {
        const t = cheapest[p]!;
        const each = slotPrice[t]!;
        if (each >= 0 && (needed <= 0 || each >= shortfallPrice)) break;
        if (t < first || t >= end) continue;
        const room = each < 0 ? wanted : needed;
        const taken = Math.min(room, t === first ? head[i]! : t === end - 1 ? tail[i]! : most);
        value += taken * each;
        wanted -= taken;
        needed -= taken;
      }
      if (needed > 0) value += needed * shortfallPrice;
      add(bound, value);
    }
  }
  return bound;
}
