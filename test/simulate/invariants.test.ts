import { beforeAll, expect, it } from "vitest";
import { violationsOf } from "../../local/simulate/invariants.ts";
import { type Night, playNight } from "../../local/simulate/world.ts";

let night: Night;
beforeAll(async () => {
  night = await playNight({ seed: 2, assets: 4, hours: 3, faults: { level: "none" } });
});

const broken = (changes: Partial<Night>) => [
  ...new Set(violationsOf({ ...night, ...changes }).map(({ invariant }) => invariant)),
];
const withItems = (table: string, change: (item: Record<string, unknown>) => Record<string, unknown>[]) => ({
  memory: Object.assign(Object.create(night.memory), {
    items: (name: string) => (name === table ? night.memory.items(name).flatMap(change) : night.memory.items(name)),
  }),
});
const aCall = () => {
  const call = night.history.calls.find(({ hadEffect }) => hadEffect);
  if (!call) throw new Error("nothing took effect in this night");
  return call;
};

it("keeps every promise in a quiet night", () => {
  expect(violationsOf(night)).toEqual([]);
});

it("sees a command that took effect twice, and one that nobody issued", () => {
  const calls = [...night.history.calls, { ...aCall() }];
  expect(broken({ history: { ...night.history, calls } })).toContain("P4 a command takes effect at most once");
  const unknown = [{ ...aCall(), commandId: undefined }];
  expect(broken({ history: { ...night.history, calls: unknown } })).toEqual(["P4 a command takes effect at most once"]);
});

it("sees what acted too late", () => {
  const calls = [{ ...aCall(), atMs: night.endMs + 24 * 3_600_000 }];
  expect(broken({ history: { ...night.history, calls } })).toContain("P8 nothing takes effect after its time");
});

it("sees a login that is not honoured and one that is called revoked", () => {
  const lost = { wrappedKey: "", iv: "", tag: "", data: JSON.stringify({ refreshToken: "another" }) };
  const promise = "P5 no token chain is lost but by the vendor's own window";
  expect(broken(withItems("accounts", (row) => (row.tokens ? [{ ...row, tokens: lost }] : [row])))).toEqual([promise]);
  expect(broken(withItems("accounts", (row) => (row.tokens ? [{ ...row, revokedAt: "now" }] : [row])))).toEqual([
    promise,
  ]);
});

it("sees a command without its ending, in the ledger and on the bus", () => {
  const open = withItems("commands", (row) => (row.status ? [{ ...row, status: "accepted" }] : [row]));
  expect(broken(open)).toContain("every command has ended");
  const promise = "P6 every command is announced, and how it ended";
  expect(broken({ history: { ...night.history, published: [] } })).toEqual([promise]);
});

it("sees a call after the kill switch, a car that is late, and an asset that left the wheel", () => {
  const episodes = { ...night.episodes, killSwitchAtMs: aCall().atMs - 60_000 };
  expect(broken({ episodes })).toEqual(["nothing is sent once the kill switch is on"]);
  const devices = night.devices.map((device) =>
    Object.assign(Object.create(device), { spec: { ...device.spec, neededKwh: device.spec.neededKwh + 20 } }),
  );
  expect(broken({ devices })).toEqual(["no car is late that could be ready"]);
  const gone = withItems("schedule", (row) => (String(row.pk).startsWith("wheel#") ? [] : [row]));
  expect(broken(gone)).toEqual(["every asset is on the wheel once"]);
});

it("sees what failed by itself, and lets pass what a fault struck where there are faults", () => {
  const failed = { functionName: "optimiser", why: "TypeError", atMs: night.endMs };
  const givenUp = [{ ...failed, isStruck: false }];
  expect(broken({ givenUp })).toEqual(["P6 nothing fails by itself"]);
  const faults = { ...night.world.faults, level: "all" as const };
  const restless = { world: { ...night.world, faults } };
  expect(broken({ ...restless, givenUp })).toEqual(["P6 nothing fails by itself"]);
  expect(broken({ ...restless, givenUp: [{ ...failed, isStruck: true }] })).toEqual([]);
  const [name, queue] = [...night.queues][0] ?? expect.fail();
  const failing = Object.assign(Object.create(queue), { failedUnstruck: [{ atMs: night.endMs, about: "car-0001" }] });
  expect(broken({ queues: new Map([[name, failing]]) })).toEqual(["P6 nothing fails by itself"]);
});

it("sees a site over its limit for longer than a command takes to be mended", () => {
  const { siteId } = night.devices[0]?.spec ?? { siteId: "" };
  const devices = night.devices.map((device) =>
    device.spec.siteId === siteId
      ? Object.assign(Object.create(device), {
          drawn: [
            { fromMs: 0, kw: 12 },
            { fromMs: 3_600_000, kw: 0 },
          ],
        })
      : device,
  );
  expect(broken({ devices })).toEqual(["no site is over its limit"]);
});
