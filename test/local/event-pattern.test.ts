import { describe, expect, it } from "vitest";
import { compilePattern, UnsupportedPattern } from "../../local/gateway/event-pattern.ts";
import type { Json, JsonObject } from "../../local/json.ts";

// One row per sentence of EventBridge's operator table: the pattern for `field`, values that match, values that do not.
// `absent` stands for an event without the field.
const absent = Symbol("absent");
type Value = Json | typeof absent;

const OPERATORS: [string, Json, Value[], Value[]][] = [
  ["exact text", ["a", "b"], ["a", "b", ["x", "b"]], ["A", "ab", null, absent, []]],
  ["empty text", [""], [""], ["a", null, absent]],
  ["exact number", [100], [100, 100.0, 1e2, [1, 100]], ["100", 101]],
  ["exact boolean", [true], [true], [false, "true", absent]],
  ["null", [null], [null], ["null", "", 0, absent]],
  ["null or empty text", [null, ""], [null, ""], ["a"]],
  ["prefix", [{ prefix: "us-" }], ["us-east-1", "us-"], ["eu-us-", "US-east-1", 5, absent]],
  ["prefix, any case", [{ prefix: { "equals-ignore-case": "US-" } }], ["us-east", "Us-x"], ["xus-"]],
  ["suffix", [{ suffix: ".png" }], ["a.png"], ["a.PNG", "a.png.txt"]],
  ["suffix, any case", [{ suffix: { "equals-ignore-case": ".png" } }], ["a.PNG", "a.png"], ["a.jpg"]],
  ["equals, any case", [{ "equals-ignore-case": "Alice" }], ["alice", "ALICE"], ["alice2", absent]],
  ["wildcard", [{ wildcard: "dir/*.png" }], ["dir/a.png", "dir/.png", "dir/a/b.png"], ["dir/a.pngx", "adir/a.png"]],
  ["wildcard with several stars", [{ wildcard: "*a*b*" }], ["ab", "xaybz"], ["ba"]],
  ["wildcard with an escaped star", [{ wildcard: "a\\*b*" }], ["a*b", "a*bc"], ["axb"]],
  ["wildcard with characters of expressions", [{ wildcard: "a.b(*" }], ["a.b(x"], ["axb(x"]],
  ["anything but text", [{ "anything-but": "on" }], ["off", 1, null, ["on", "off"]], ["on", absent, ["on"]]],
  ["anything but a number", [{ "anything-but": 100 }], [99, "100"], [100]],
  ["anything but a list", [{ "anything-but": ["a", "b"] }], ["c"], ["a", "b"]],
  ["anything but numbers", [{ "anything-but": [1, 2] }], [3], [1, 2]],
  ["anything but a prefix", [{ "anything-but": { prefix: "init" } }], ["ready"], ["initial"]],
  ["anything but prefixes", [{ "anything-but": { prefix: ["a", "b"] } }], ["c"], ["ax", "bx"]],
  ["anything but a suffix", [{ "anything-but": { suffix: ".txt" } }], ["a.png"], ["a.txt"]],
  ["anything but suffixes", [{ "anything-but": { suffix: [".txt", ".rtf"] } }], ["a.png"], ["a.txt", "b.rtf"]],
  ["anything but any case", [{ "anything-but": { "equals-ignore-case": "a" } }], ["b"], ["a", "A"]],
  ["anything but these, any case", [{ "anything-but": { "equals-ignore-case": ["a", "b"] } }], ["c"], ["A", "B"]],
  ["anything but a wildcard", [{ "anything-but": { wildcard: "*/lib/*" } }], ["/src/a"], ["/lib/a", "x/lib/y"]],
  ["anything but wildcards", [{ "anything-but": { wildcard: ["a*", "*z"] } }], ["mn"], ["ab", "yz"]],
  ["numeric equals", [{ numeric: ["=", 5] }], [5], [6, "5"]],
  ["numeric below", [{ numeric: ["<", 10] }], [9.99, -1], [10, 11, "9", absent]],
  ["numeric at most", [{ numeric: ["<=", 10] }], [10], [10.01]],
  ["numeric above", [{ numeric: [">", 0] }], [0.01], [0]],
  ["numeric range", [{ numeric: [">", 0, "<=", 5] }], [0.5, 5], [0, 5.1]],
  ["address range, IPv4", [{ cidr: "10.0.0.0/24" }], ["10.0.0.255"], ["10.0.1.0", "x", "::1", 10]],
  ["address range, IPv6", [{ cidr: "2001:db8::/32" }], ["2001:db8::1"], ["2001:db9::1", "10.0.0.1"]],
  ["exists", [{ exists: true }], ["", null, 0, ["a"]], [absent, {}, []]],
  ["does not exist", [{ exists: false }], [absent], ["", null, 0]],
  ["one of several operators", [{ prefix: "a" }, { numeric: [">", 5] }, "x"], ["ab", 6, "x"], ["b", 5]],
];

describe("event patterns", () => {
  describe.each(OPERATORS)("%s", (_name, field, matching, others) => {
    const matches = compilePattern({ detail: { field } });
    const eventWith = (value: Value): JsonObject => ({ detail: value === absent ? {} : { field: value as Json } });
    it.each(matching.map((value) => [String(JSON.stringify(value) ?? "absent"), value] as const))(
      "takes %s",
      (_text, value) => {
        expect(matches(eventWith(value))).toBe(true);
      },
    );
    it.each(others.map((value) => [String(JSON.stringify(value) ?? "absent"), value] as const))(
      "leaves %s",
      (_text, value) => {
        expect(matches(eventWith(value))).toBe(false);
      },
    );
  });

  it("needs every field of the pattern, at every depth", () => {
    const matches = compilePattern({ source: ["s"], detail: { a: { b: [1] }, c: [2] } });
    expect(matches({ source: "s", detail: { a: { b: 1 }, c: 2, d: 3 } })).toBe(true);
    expect(matches({ source: "s", detail: { a: { b: 1 } } })).toBe(false);
    expect(matches({ source: "s", detail: { a: 1, c: 2 } })).toBe(false);
  });

  it("takes either side of $or together with the fields beside it", () => {
    const matches = compilePattern({
      source: ["s"],
      detail: { $or: [{ kw: [{ numeric: [">", 7] }] }, { state: ["full"] }] },
    });
    expect(matches({ source: "s", detail: { kw: 8 } })).toBe(true);
    expect(matches({ source: "s", detail: { state: "full", kw: 1 } })).toBe(true);
    expect(matches({ source: "s", detail: { state: "empty", kw: 1 } })).toBe(false);
    expect(matches({ source: "other", detail: { kw: 8 } })).toBe(false);
  });

  it("takes a list of objects when one of them satisfies all the fields", () => {
    const matches = compilePattern({ detail: { items: { kind: ["car"], on: [true] } } });
    expect(matches({ detail: { items: [{ kind: "pump" }, { kind: "car", on: true }] } })).toBe(true);
    expect(
      matches({
        detail: {
          items: [
            { kind: "pump", on: true },
            { kind: "car", on: false },
          ],
        },
      }),
    ).toBe(false);
  });

  it("takes any event when it is empty", () => {
    expect(compilePattern({})({ source: "s" })).toBe(true);
  });

  it("finds a missing branch absent", () => {
    expect(compilePattern({ detail: { a: { b: [{ exists: false }] } } })({ detail: {} })).toBe(true);
  });

  it.each<[string, JsonObject, string]>([
    ["an unknown operator", { a: [{ regex: "x" }] }, "regex"],
    ["two operators at once", { a: [{ prefix: "x", suffix: "y" }] }, "one operator"],
    ["an unknown comparison", { a: [{ numeric: ["!=", 1] }] }, "numeric"],
    ["half a comparison", { a: [{ numeric: [">"] }] }, "numeric"],
    ["a value outside a list", { a: "x" }, "a list"],
    ["an empty list", { a: [] }, "empty list"],
    ["a network that is none", { a: [{ cidr: "300.0.0.0/8" }] }, "cidr"],
    ["consecutive stars", { a: [{ wildcard: "a**b" }] }, "stars"],
    ["anything-but of an unknown operator", { a: [{ "anything-but": { numeric: ["=", 1] } }] }, "anything-but"],
    ["$or with one side", { $or: [{ a: [1] }] }, "$or"],
    ["exists with text", { a: [{ exists: "yes" }] }, "exists"],
  ])("refuses %s by name", (_what, pattern, named) => {
    expect(() => compilePattern(pattern)).toThrow(UnsupportedPattern);
    expect(() => compilePattern(pattern)).toThrow(named);
  });
});
