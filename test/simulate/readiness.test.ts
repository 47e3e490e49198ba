import { expect, it } from "vitest";
import { Device } from "../../local/simulate/device.ts";
import type { DeviceSpec } from "../../local/simulate/fleet.ts";
import { assetsNamed, Hindrances, hinderedForMs } from "../../local/simulate/hindrances.ts";
import { lackOf } from "../../local/simulate/readiness.ts";

const MINUTE_MS = 60_000;
/** A car of 10 kW that is there for four hours and needs three. */
const spec = {
  arrivesMs: 0,
  departsMs: 240 * MINUTE_MS,
  neededKwh: 30,
  maxCurrentA: 10,
  kwPerA: 1,
} as DeviceSpec;
const lack = (takenKwh: number, drawn: [minute: number, kw: number][], ...hindered: [from: number, to: number][]) =>
  lackOf(
    { spec, takenKwh, drawn: drawn.map(([minute, kw]) => ({ fromMs: minute * MINUTE_MS, kw })) },
    hindered.map(([from, to]) => ({ fromMs: from * MINUTE_MS, toMs: to * MINUTE_MS })),
  );

it("counts what a car lacks and could have drawn while it was hindered and had no room left", () => {
  // It waits for an hour, all its room; after that every minute without power is missing.
  const drawn: [number, number][] = [
    [60, 10],
    [120, 0],
    [150, 10],
  ];
  expect(lack(25, drawn)).toEqual({ missingKwh: 5, takenKwh: 0, hinderedMs: 0 });
  expect(lack(25, drawn, [120, 150])).toEqual({ missingKwh: 5, takenKwh: 5, hinderedMs: 30 * MINUTE_MS });
  expect(lack(25, drawn, [110, 126], [120, 132], [149, 170]).takenKwh).toBeCloseTo(13 / 6, 9);
});

it("counts nothing that a later plan could make good", () => {
  // Its room is 60 minutes at first, and 45 after a quarter of an hour.
  expect(lack(0, [], [0, 15]).takenKwh).toBe(0);
  expect(lack(0, [], [0, 21]).takenKwh).toBeCloseTo(1, 9);
});

it("counts what is drawn as not lost, and less of what is drawn at less than full power", () => {
  expect(lack(30, [[0, 10]], [0, 240]).takenKwh).toBe(0);
  // At half power its room goes half as fast: 45 minutes are left after 30.
  expect(lack(20, [[0, 5]], [0, 60]).takenKwh).toBeCloseTo(2.5, 9);
});

it("holds what struck against nobody but those it was about", () => {
  const hindrances = new Hindrances();
  const message = JSON.stringify({ detail: { assetId: "car-0001" } });
  const event = { Records: [{ body: message }], assets: [{ assetId: "car-0002" }] };
  expect([...assetsNamed(event)].sort()).toEqual(["car-0001", "car-0002"]);
  hindrances.note(assetsNamed(event), { fromMs: 5, toMs: 9 });
  hindrances.note(["car-0003"], { fromMs: 5, toMs: 5 });
  expect(hindrances.of("car-0001", "acorn-cars")).toEqual([{ fromMs: 5, toMs: 9 }]);
  expect(hindrances.of("car-0003")).toEqual([]);
  expect(hinderedForMs("dynamo", { kind: "slow" })).toBe(0);
  expect(hinderedForMs("command", { kind: "crash-after" })).toBeLessThan(hinderedForMs("command", { kind: "silent" }));
});

it("draws until it is full, whether or not anybody looks at that moment", () => {
  const device = new Device({ ...spec, takesKwh: 5, beginsByItself: false });
  device.plugIn(0);
  device.obey({ on: true, currentA: 10 }, 60 * MINUTE_MS);
  device.settle(120 * MINUTE_MS);
  device.plugOut(240 * MINUTE_MS);
  expect(device.takenKwh).toBe(5);
  expect(device.drawn).toEqual([
    { fromMs: 60 * MINUTE_MS, kw: 10 },
    { fromMs: 90 * MINUTE_MS, kw: 0 },
  ]);
});
