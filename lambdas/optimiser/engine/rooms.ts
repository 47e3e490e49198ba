/** What a rest puts off for the rooms that the pump heats beside the tank, in electricity. */
export type Rooms = {
  /** What keeps the rooms as warm as they are, kW. */
  holdKw: number;
  /** The most that one rest puts off: by then they are as cool as the device lets them be, kWh. */
  deferrableKwh: number;
  /** What the pump can draw beyond `holdKw` to warm them up again, kW; positive. */
  spareKw: number;
};

type Slot = { startMs: number; endMs: number; costPencePerKwh: number };

const HOUR_MS = 3_600_000;

/**
 * A rest's age tells what is owed to the rooms, so that they need no temperature of their own: what it put off is bought
 * from its end on, as fast as the pump can, and what the last slot still leaves owing, at `endPence`. `fullMs` is a slot of
 * a rest's age.
 */
export function roomsOf(rooms: Rooms | undefined, slots: readonly Slot[], fullMs: number, endPence: number) {
  const { holdKw, deferrableKwh, spareKw } = rooms ?? { holdKw: 0, deferrableKwh: 0, spareKw: 1 };
  const owedKwh = (age: number) => Math.min(deferrableKwh, (age * holdKw * fullMs) / HOUR_MS);
  return {
    /** What resting in a slot spares after `age` slots of rest, kWh. */
    sparedKwh: (age: number, lengthMs: number) => ((owedKwh(age + 1) - owedKwh(age)) * lengthMs) / fullMs,
    /** What it costs to end a rest of `age` slots at the beginning of slot `t`, pence. */
    owedPence(t: number, age: number): number {
      let [leftKwh, pence] = [owedKwh(age), 0];
      for (let i = t; leftKwh > 0 && i < slots.length; i++) {
        const slot = slots[i] as Slot;
        const kwh = Math.min(leftKwh, (spareKw * (slot.endMs - slot.startMs)) / HOUR_MS);
        pence += kwh * slot.costPencePerKwh;
        leftKwh -= kwh;
      }
      return pence + leftKwh * endPence;
    },
  };
}
