import { checkLoad, checkPrices, PlanInputError } from "./input-error.ts";
import { cheapestFirst, type OrderWorkspace, orderWorkspace } from "./order.ts";

/**
 * One car, grid side. Prices and penalty share one unit (1e-4 pence per kWh for exact results); energies are whole Wh, so
 * that costs, in that unit times Wh, are exact.
 */
export type Car = {
  id: string;
  /** Half-open window of slots. */
  from: number;
  to: number;
  /** Wanted, and the most it may take; the rest between them is taken only where it is paid for taking it, Wh. */
  needWh: number;
  maxWh: number;
  /** The least (6 A) and the most a slot carries when the car draws at all, Wh. A minimum of 0 means any energy. */
  minimumWh: number;
  limitWh: number;
  /** Price of a kWh not delivered, in the unit of the prices. */
  penalty: number;
};

/** Cost is energy and shortfall together, price unit times Wh. */
export type CarAnswer = { cost: number; deliveredWh: number; shortfallWh: number };

export type CarWorkspace = { order: OrderWorkspace; sums: Float64Array; answer: CarAnswer };

export function carWorkspace(slots: number): CarWorkspace {
  return {
    order: orderWorkspace(slots),
    sums: new Float64Array(slots + 1),
    answer: { cost: 0, deliveredWh: 0, shortfallWh: 0 },
  };
}

export function checkCar(car: Car, slots: number): void {
  checkLoad(car, slots);
  const { id, minimumWh, limitWh } = car;
  if (!(Number.isInteger(limitWh) && limitWh >= 0))
    throw new PlanInputError(id, "limitWh", "must be whole Wh, 0 or more");
  if (!(Number.isInteger(minimumWh) && minimumWh >= 0 && minimumWh <= limitWh)) {
    throw new PlanInputError(id, "minimumWh", "must be whole Wh, at most limitWh");
  }
}

/**
 * The cheapest energies of one car at these prices, exact, written to `energyWh` inside the window; the answer object is the
 * workspace's. Ties go to fewer slots, then to the earlier ones, and to delivering.
 */
export function chargeCheapest(car: Car, price: Float64Array, energyWh: Int32Array, work: CarWorkspace): CarAnswer {
  checkCar(car, price.length);
  checkPrices(car.id, price, car.from, car.to);
  const order = cheapestFirst(price, car.from, car.to, work.order);
  return chargeInOrder(car, price, order, car.to - car.from, energyWh, work);
}

/**
 * The same with slots already sorted: one `cheapestFirst` over all slots serves every car of a price class; slots outside the
 * window are passed over. `car` must have passed `checkCar`.
 *
 * For a number of slots that are on, the cheapest are (exchange argument), each carries the minimum, and the room above it
 * fills cheapest first: closed form from prefix sums, so every number of slots is tried.
 */
export function chargeInOrder(
  car: Car,
  price: Float64Array,
  order: Uint16Array,
  count: number,
  energyWh: Int32Array,
  work: CarWorkspace,
): CarAnswer {
  const { from, to, needWh, maxWh, minimumWh, limitWh, penalty } = car;
  const { sums, answer } = work;
  energyWh.fill(0, from, to);
  answer.cost = penalty * needWh;
  answer.deliveredWh = 0;
  answer.shortfallWh = needWh;
  const room = limitWh - minimumWh;

  let on = 0;
  let fill = 0;
  let slots = 0; // seen in the window, cheapest first
  let paid = 0; // of them, below zero
  sums[0] = 0;
  for (let i = 0; i < count; i++) {
    const slot = order[i] as number;
    if (slot < from || slot >= to) continue;
    const here = price[slot] as number;
    const leastWh = (slots + 1) * minimumWh;
    if (here > penalty || leastWh > maxWh) break;
    slots++;
    sums[slots] = (sums[slots - 1] as number) + here;
    if (here < 0) paid = slots;

    const wanted = Math.min(Math.max(needWh - leastWh, 0), room * slots);
    const welcome = Math.min(maxWh - leastWh, room * paid);
    const fillWh = Math.max(wanted, welcome);
    const full = room > 0 ? Math.floor(fillWh / room) : 0;
    const pieceWh = fillWh - full * room;
    const next = pieceWh > 0 ? (sums[full + 1] as number) - (sums[full] as number) : 0;
    const shortfallWh = Math.max(needWh - leastWh - fillWh, 0);
    const energyCost = minimumWh * (sums[slots] as number) + room * (sums[full] as number) + pieceWh * next;
    const cost = energyCost + penalty * shortfallWh;
    if (cost < answer.cost || (cost === answer.cost && shortfallWh < answer.shortfallWh)) {
      on = slots;
      fill = fillWh;
      answer.cost = cost;
      answer.deliveredWh = leastWh + fillWh;
      answer.shortfallWh = shortfallWh;
    }
    // A further slot could only move energy to a dearer one.
    if (shortfallWh === 0 && here >= 0) break;
  }

  for (let i = 0, done = 0; done < on; i++) {
    const slot = order[i] as number;
    if (slot < from || slot >= to) continue;
    const extraWh = Math.min(fill, room);
    energyWh[slot] = minimumWh + extraWh;
    fill -= extraWh;
    done++;
  }
  return answer;
}
