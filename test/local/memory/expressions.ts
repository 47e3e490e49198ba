import fc from "fast-check";

/** A piece of an expression and the values it names. */
export type Piece = { text: string; values: Record<string, unknown> };
export type Plain = Record<string, unknown>;

// Few keys and few values: most operations shall meet what another one wrote. The last texts sort otherwise by UTF-16.
export const SORT_KEYS = ["1", "10", "2", "a", "\uFFFD", "\u{1F600}"];
const NUMBERS = [0, 1, -1, 2, 10, 0.1, 0.2, 0.0005, 12345.678, 900719925474];
export const TEXTS = ["", "a", "ab", "b", "é"];
export const FIELDS = ["number", "text", "list", "map", "tags", "marks", "flag", "nothing"];

const number = fc.constantFrom(...NUMBERS);
const text = fc.constantFrom(...TEXTS);
const scalar = fc.oneof(number, text, fc.boolean(), fc.constant(null));
const set = fc.constantFrom<Set<unknown>>(new Set(["x"]), new Set(["x", "y"]), new Set([1, 2]));
export const value: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: scalar },
  fc.array(scalar, { maxLength: 2 }),
  fc.record({ inside: scalar, deep: fc.record({ tip: number }) }, { requiredKeys: [] }),
  set,
);

let placeholders = 0;
const named = (given: unknown): Piece => {
  const name = `:v${++placeholders}`;
  return { text: name, values: { [name]: given } };
};
const joined = (pieces: readonly Piece[], write: (texts: string[]) => string): Piece => ({
  text: write(pieces.map((piece) => piece.text)),
  values: Object.assign({}, ...pieces.map((piece) => piece.values)),
});

const path = fc.constantFrom(...FIELDS.map((field) => `#${field}`), "#map.inside", "#map.deep.tip", "pk", "sk", "team");
const NAMES = Object.fromEntries([...FIELDS, "rank"].map((field) => [`#${field}`, field]));
const pathPiece = path.map((one): Piece => ({ text: one, values: {} }));
const valuePiece = value.map(named);
// The service refuses to order values of other types, which the engine does not.
const orderedPiece = fc.oneof(number, text).map(named);
const bounds = fc
  .oneof(fc.tuple(number, number), fc.tuple(text, text))
  .map(([a, b]) => (a <= b ? [a, b] : [b, a]).map(named) as [Piece, Piece]);
const others = fc.oneof(
  pathPiece,
  path.map((one): Piece => ({ text: `size(${one})`, values: {} })),
);

export const test: fc.Arbitrary<Piece> = fc.oneof(
  path.map((one): Piece => ({ text: `attribute_exists(${one})`, values: {} })),
  path.map((one): Piece => ({ text: `attribute_not_exists(${one})`, values: {} })),
  fc
    .oneof(
      fc.tuple(pathPiece, fc.constantFrom("=", "<>"), fc.oneof(valuePiece, others)),
      fc.tuple(pathPiece, fc.constantFrom("<", "<=", ">", ">="), fc.oneof(orderedPiece, others)),
    )
    .map(([left, comparator, right]) => joined([left, right], ([a, b]) => `${a} ${comparator} ${b}`)),
  fc
    .tuple(pathPiece, fc.array(valuePiece, { minLength: 1, maxLength: 3 }))
    .map(([left, list]) => joined([left, ...list], ([a, ...rest]) => `${a} IN (${rest.join(", ")})`)),
  fc
    .tuple(pathPiece, bounds)
    .map(([one, [low, high]]) => joined([one, low, high], ([a, low, high]) => `${a} BETWEEN ${low} AND ${high}`)),
  fc
    .oneof(
      fc.tuple(fc.constant("begins_with"), pathPiece, text.map(named)),
      fc.tuple(fc.constant("contains"), pathPiece, valuePiece),
    )
    .map(([name, whole, part]) => joined([whole, part], ([a, b]) => `${name}(${a}, ${b})`)),
);
export const { condition } = fc.letrec<{ condition: Piece }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 2 },
    test,
    tie("condition").map((one) => joined([one], ([a]) => `NOT (${a})`)),
    fc.tuple(tie("condition"), tie("condition")).map((two) => joined(two, ([a, b]) => `${a} AND ${b}`)),
    fc.tuple(tie("condition"), tie("condition")).map((two) => joined(two, ([a, b]) => `${a} or (${b} OR ${a})`)),
  ),
}));

// Of an item that is not there the engine knows the key, which the service does not tell.
const fieldPiece = pathPiece.filter(({ text }) => text !== "pk" && text !== "sk");
const source: fc.Arbitrary<Piece> = fc.oneof(
  { weight: 3, arbitrary: valuePiece },
  fieldPiece,
  fc.tuple(fieldPiece, valuePiece).map((two) => joined(two, ([a, b]) => `if_not_exists(${a}, ${b})`)),
  fc
    .tuple(fieldPiece, number, fc.constantFrom("+", "-"))
    .map(([a, b, sign]) => joined([a, named(b)], ([x, y]) => `${x} ${sign} ${y}`)),
  fc
    .tuple(fieldPiece, number, number)
    .map(([a, b, c]) => joined([a, named(b), named(c)], ([x, y, z]) => `if_not_exists(${x}, ${y}) + ${z}`)),
  fc
    .tuple(fieldPiece, fc.array(scalar, { maxLength: 2 }))
    .map(([a, b]) => joined([a, named([]), named(b)], ([x, y, z]) => `list_append(if_not_exists(${x}, ${y}), ${z})`)),
);
type Action = { section: string; target: string; piece: Piece };
const tops = fc.constantFrom(...FIELDS.map((field) => `#${field}`));
const targets = fc.oneof(tops, fc.constantFrom("#map.inside", "#map.deep.tip", "team", "#rank"));
const acting = (section: string, target: fc.Arbitrary<string>, piece: fc.Arbitrary<Piece>): fc.Arbitrary<Action> =>
  fc.record({ section: fc.constant(section), target, piece });
const action = fc.oneof(
  { weight: 4, arbitrary: acting("SET", targets, source) },
  {
    weight: 2,
    arbitrary: acting(
      "REMOVE",
      fc.oneof(tops, fc.constantFrom("team", "#rank")),
      fc.constant({ text: "", values: {} }),
    ),
  },
  { weight: 2, arbitrary: acting("ADD", tops, fc.oneof(number, set).map(named)) },
  { weight: 1, arbitrary: acting("DELETE", tops, set.map(named)) },
);
/** An update of one to four attributes, each touched once: the engine refuses overlaps in a transaction too late. */
export const update: fc.Arbitrary<Piece> = fc
  .uniqueArray(action, { selector: ({ target }) => target.split(".")[0], minLength: 1, maxLength: 4 })
  .map((actions) => {
    const texts = [...new Set(actions.map(({ section }) => section))].map((section) => {
      const own = actions.filter((one) => one.section === section);
      const parts = own.map(({ target, piece }) => `${target}${section === "SET" ? " = " : " "}${piece.text}`);
      return `${section} ${parts.join(", ")}`;
    });
    return joined(
      actions.map(({ target, piece }) => ({ text: target, values: piece.values })),
      () => texts.join(" "),
    );
  });

/** The placeholders that some pieces of one request need. */
export const given = (pieces: readonly (Piece | undefined)[]): Plain => {
  const present = pieces.filter((piece) => piece !== undefined);
  const whole = present.map((piece) => piece.text).join(" ");
  const names = Object.fromEntries(Object.entries(NAMES).filter(([name]) => new RegExp(`${name}\\b`).test(whole)));
  const values = Object.assign({}, ...present.map((piece) => piece.values));
  return {
    ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
  };
};
