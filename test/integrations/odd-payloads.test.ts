import { describe, expect, it } from "vitest";
import { Reading } from "../../shared/domain/reading.ts";
import { VendorError } from "../../shared/errors.ts";
import { Fixture, play } from "../conformance/fixture.ts";
import { loadFolder } from "../conformance/folder.ts";

/** What may stand where something else was expected; undefined leaves it out. 20 digits are more than a number holds. */
const ODD: readonly unknown[] = [
  undefined,
  null,
  "a word never seen",
  "12345678901234567890",
  1.2345e19,
  -1e9,
  true,
  {},
  [],
  "2099-01-01T00:00:00Z",
  "2026-11-20T22:00:00",
];

/** By vendor: a sound look, and the only places where an odd value may lose the whole of it. */
const CASES: readonly (readonly [vendor: string, fixture: string, essential: readonly RegExp[]])[] = [
  ["easee", "look-charging", [/^0 observations$/]],
  ["easee", "look-filled-from-state", [/^0 observations$/]],
  ["viessmann", "look-percent", [/^0 data$/]],
  // Without the device among an account's systems, or its connection, what the cloud tells of it may be old.
  ["myuplink", "look-running", [/^0 systems(\.0(\.systemId|\.devices(\.0(\.id|\.connectionState)?)?)?)?$/]],
  // The car's one time is all that places what it tells.
  ["tesla", "look-charging-three-phases", [/^0 response(\.charge_state(\.timestamp)?)?$/]],
  ["tesla", "look-after-state", [/^0 response$/, /^1 response(\.charge_state(\.timestamp)?)?$/]],
  ["solaredge", "look-meter-export", [/^0 (unit|resolution|values)$/]],
];

/** The path of every value in a body, branches too. */
function pathsIn(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  const inside =
    typeof value === "object" && value !== null
      ? Object.entries(value).flatMap(([key, one]) => pathsIn(one, [...path, key]))
      : [];
  return path.length === 0 ? inside : [path, ...inside];
}

function withOdd(value: unknown, [key = "", ...rest]: readonly string[], odd: unknown): unknown {
  const put = (before: unknown) => (rest.length === 0 ? odd : withOdd(before, rest, odd));
  if (Array.isArray(value))
    return value.flatMap((one: unknown, index) => {
      if (String(index) !== key) return [one];
      return rest.length === 0 && odd === undefined ? [] : [put(one)];
    });
  const entries = Object.entries(value ?? {}).map(([name, one]) => [name, name === key ? put(one) : one] as const);
  return Object.fromEntries(entries.filter(([, one]) => one !== undefined));
}

describe.each(CASES)("an answer of %s with one odd value (%s)", (vendor, file, essential) => {
  it("is a sound reading all the same, or a fault of the vocabulary where nothing can be read without it", async () => {
    const folder = await loadFolder(vendor);
    const fixture = folder.fixtures.find((one) => one.file === `${file}.json`)?.fixture;
    if (!fixture) throw new Error(`no fixture ${file}`);
    const lost = new Set<string>();
    for (const [index, answer] of fixture.answers.entries()) {
      if (answer === "cut") continue;
      for (const path of pathsIn(answer.body))
        for (const odd of ODD) {
          const answers = fixture.answers.with(index, { ...answer, body: withOdd(answer.body, path, odd) });
          const played = await play({ ...fixture, answers }, { ...folder, endpoints: folder.manifest.endpoints });
          const where = `${index} ${path.join(".")}`;
          if ("thrown" in played) {
            expect(played.thrown, where).toBeInstanceOf(VendorError);
            lost.add(where);
          } else if (!hasReading(played.result)) lost.add(where);
          else expect(played.result, where).toMatchObject({ online: true, reading: expect.toSatisfy(isSound) });
        }
    }
    expect([...lost].filter((where) => !essential.some((place) => place.test(where)))).toEqual([]);
  });

  it("is the very reading when the odd value is one that nobody asked for", async () => {
    const folder = await loadFolder(vendor);
    const fixture = folder.fixtures.find((one) => one.file === `${file}.json`)?.fixture;
    if (!fixture) throw new Error(`no fixture ${file}`);
    const decorated = fixture.answers.map((answer) =>
      answer === "cut" ? answer : { ...answer, body: decorate(answer.body) },
    );
    const sound = await play(fixture, { ...folder, endpoints: folder.manifest.endpoints });
    const played = await play(Fixture.parse({ ...fixture, answers: decorated }), {
      ...folder,
      endpoints: folder.manifest.endpoints,
    });
    expect(played).toEqual(sound);
  });
});

function hasReading(look: unknown): boolean {
  return typeof look === "object" && look !== null && "reading" in look;
}

function isSound(reading: unknown): boolean {
  return Reading.safeParse(reading).success;
}

/** Every object with a field more, as a newer firmware would send it. */
function decorate(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decorate);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, one]) => [key, decorate(one)] as const);
  return { ...Object.fromEntries(entries), aFieldNeverSeen: { nested: [null, 1.2345e19] } };
}
