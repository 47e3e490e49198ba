import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CommandRow } from "../../shared/domain/command-row.ts";
import { HOUR_MS, plusMs } from "../../shared/domain/instant.ts";
import { firstBreak } from "../../shared/store/audit.ts";
import { canonical } from "../../shared/store/canonical.ts";
import type { Trail } from "../../shared/store/commands.ts";
import { aCommand, at } from "../builders.ts";
import { fakeCommandsStore } from "../fakes/commands-store.ts";

const NOW = at("2026-11-21T06:00Z");
const DAY_MS = 24 * HOUR_MS;

/** Three commands of one car: proved, overtaken, and still being sent. */
async function aTrail(): Promise<Trail> {
  const store = fakeCommandsStore();
  const issue = (id: string) => store.issue(aCommand({ commandId: `command-${id}` }));
  const first = await issue("a");
  const sending = await store.transition(first ?? expect.fail(), "sending", { attempts: 1 });
  const accepted = await store.transition(sending ?? expect.fail(), "accepted", { acceptedAt: NOW });
  await store.transition(accepted ?? expect.fail(), "confirmed", { evidence: "charging at 7.4 kW" });
  const second = await issue("b");
  await store.transition(second ?? expect.fail(), "withdrawn", { evidence: "a newer plan" });
  const third = await issue("c");
  await store.transition(third ?? expect.fail(), "sending", { attempts: 1 });
  return store.trail("car-0001");
}
const changed = (trail: Trail, index: number, change: (row: CommandRow) => CommandRow): Trail => ({
  ...trail,
  rows: trail.rows.map((row, at) => (at === index ? change(row) : row)),
});
const withoutRow = (trail: Trail, index: number): Trail => ({ ...trail, rows: trail.rows.toSpliced(index, 1) });

describe("the audit trail", () => {
  it("holds as it was written, whichever way round it is read", async () => {
    const trail = await aTrail();
    expect(firstBreak(trail, NOW)).toBeUndefined();
    expect(firstBreak({ ...trail, rows: trail.rows.toReversed() }, NOW)).toBeUndefined();
  });

  it("shows every change to every field of every command", async () => {
    const trail = await aTrail();
    const places = trail.rows.flatMap((row, index) =>
      leaves(row)
        .filter(([name]) => name !== "untold")
        .map((path) => ({ index, path })),
    );
    expect(places.length).toBeGreaterThan(60);
    for (const { index, path } of places) {
      const tampered = changed(trail, index, (row) => altered(row, path) as CommandRow);
      expect(firstBreak(tampered, NOW), path.join(".")).toBeDefined();
    }
  });

  it("shows a line that was taken out or moved", async () => {
    const trail = await aTrail();
    await fc.assert(
      fc.asyncProperty(fc.nat(2), fc.nat(3), fc.nat(3), async (index, from, to) => {
        const lines = trail.rows[index]?.history ?? expect.fail();
        const [i, j] = [from % lines.length, to % lines.length];
        const withLines = (history: typeof lines) => changed(trail, index, (row) => ({ ...row, history }));
        expect(firstBreak(withLines(lines.toSpliced(i, 1) as typeof lines), NOW)).toBeDefined();
        if (i === j) return;
        const moved = lines.with(i, lines[j] as never).with(j, lines[i] as never) as typeof lines;
        expect(firstBreak(withLines(moved), NOW)).toBeDefined();
      }),
    );
  });

  it.each([
    [0, "command 1 is missing", "command-b"],
    [1, "command 2 is missing", "command-c"],
    [2, "command 3 is missing", "command-c"],
  ])("shows that command %i was taken out", async (index, why, commandId) => {
    expect(firstBreak(withoutRow(await aTrail(), index), NOW)).toEqual({ commandId, why });
  });

  it("shows that all were taken out, as long as they had not run out", async () => {
    const none = { ...(await aTrail()), rows: [] };
    expect(firstBreak(none, NOW)).toMatchObject({ why: "command 3 is missing" });
    expect(firstBreak(none, plusMs(NOW, 401 * DAY_MS))).toBeUndefined();
  });

  it("goes on holding when the oldest have run out, and only then", async () => {
    const rest = withoutRow(await aTrail(), 0);
    expect(firstBreak(rest, plusMs(NOW, 399 * DAY_MS))).toBeDefined();
    expect(firstBreak(rest, plusMs(NOW, 401 * DAY_MS))).toBeUndefined();
    expect(firstBreak(withoutRow(await aTrail(), 1), plusMs(NOW, 401 * DAY_MS))).toBeDefined();
  });

  it("shows a command that was written a second time, one that cannot be read, and an end that is not noted", async () => {
    const trail = await aTrail();
    const [first] = trail.rows;
    const twin = { ...(first ?? expect.fail()), commandId: "command-x" };
    expect(firstBreak({ ...trail, rows: [...trail.rows, twin] }, NOW)).toBeDefined();
    expect(firstBreak({ ...trail, unreadable: ["command-b"] }, NOW)).toMatchObject({ commandId: "command-b" });
    expect(firstBreak({ ...trail, newest: undefined }, NOW)).toMatchObject({ commandId: "command-c" });
  });
});

describe("the canonical text of a value", () => {
  it("is the same for equal values in any order of their names, after a store's way there and back", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const names = Object.keys(value);
        const turned = Object.fromEntries(names.toReversed().map((name) => [name, value[name]]));
        expect(canonical(turned)).toBe(canonical(value));
        expect(canonical(JSON.parse(JSON.stringify(value)))).toBe(canonical(value));
      }),
    );
  });

  it("leaves out what is undefined, and tells apart null, zero, false and nothing", () => {
    expect(canonical({ b: 1, a: undefined })).toBe(canonical({ b: 1 }));
    expect(new Set([{ a: null }, { a: 0 }, { a: false }, { a: "" }, {}].map(canonical)).size).toBe(5);
  });
});

/** Every way down to a value that is no object. */
function leaves(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([name, part]) => leaves(part, [...path, name]));
}

function altered(value: unknown, [name, ...rest]: readonly string[]): unknown {
  if (name === undefined) {
    if (typeof value === "number") return value + 1;
    if (typeof value === "boolean") return !value;
    return `${value}`.endsWith("0") ? `${value}`.slice(0, -1).concat("1") : `${value}`.slice(0, -1).concat("0");
  }
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[name] = altered(copy[name], rest);
  return copy;
}
