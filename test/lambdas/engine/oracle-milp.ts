import type { Highs } from "highs";

// The package's types describe its CommonJS form; its module form exports the loader as default.
const { default: load } = (await import("highs")) as unknown as { default: () => Promise<Highs> };
const highs = await load();

/** A mixed-integer program, written out for the reference solver; variables are 0 or more unless bounded. */
export class Milp {
  private readonly costs: string[] = [];
  private readonly rows: string[] = [];
  private readonly bounds: string[] = [];
  private readonly binaries: string[] = [];

  cost(value: number, name: string): void {
    this.costs.push(term(value, name));
  }

  /** Terms as [factor, name], then the sense and the right side. */
  row(terms: readonly (readonly [number, string])[], sense: "<=" | ">=" | "=", right: number): void {
    if (terms.length > 0)
      this.rows.push(`${terms.map(([value, name]) => term(value, name)).join(" ")} ${sense} ${right}`);
  }

  bound(name: string, least: number, most: number): void {
    this.bounds.push(`${least} <= ${name} <= ${most}`);
  }

  binary(name: string): void {
    this.binaries.push(name);
  }

  optimum(): number {
    const text = [
      "Minimize",
      ` obj: ${this.costs.join(" ") || "0 nothing"}`,
      "Subject To",
      ...this.rows.map((row, index) => ` r${index}: ${row}`),
      "Bounds",
      ...this.bounds.map((bound) => ` ${bound}`),
      ...(this.binaries.length > 0 ? ["Binary", ` ${this.binaries.join(" ")}`] : []),
      "End",
    ].join("\n");
    const solution = highs.solve(text, { mip_rel_gap: 0, mip_abs_gap: 1e-9 });
    if (solution.Status !== "Optimal") throw new Error(`the reference solver says ${solution.Status}`);
    return solution.ObjectiveValue;
  }
}

function term(value: number, name: string): string {
  return `${value < 0 ? "-" : "+"} ${Math.abs(value)} ${name}`;
}

/** Run rules as in the cases: on/off z and start v of one load, over the slots of its window. */
export function runRules(
  model: Milp,
  id: string,
  from: number,
  to: number,
  rules: { minRunSlots: number; minGapSlots: number; maxStarts: number; startCost: number },
): void {
  for (let t = from; t < to; t++) {
    const [z, v] = [`z_${id}_${t}`, `v_${id}_${t}`];
    model.binary(z);
    model.binary(v);
    model.cost(rules.startCost, v);
    const before: [number, string][] = t > from ? [[1, `z_${id}_${t - 1}`]] : [];
    model.row([[1, v], [-1, z], ...before], ">=", 0);
    model.row(
      [
        [1, v],
        [-1, z],
      ],
      "<=",
      0,
    );
    if (before.length > 0) model.row([[1, v], ...before], "<=", 1);
    for (let k = 1; k < rules.minRunSlots; k++) {
      if (t + k < to)
        model.row(
          [
            [1, `z_${id}_${t + k}`],
            [-1, v],
          ],
          ">=",
          0,
        );
      else model.row([[1, v]], "<=", 0);
    }
    for (let k = 1; k <= rules.minGapSlots && t - k >= from; k++)
      model.row(
        [
          [1, v],
          [1, `z_${id}_${t - k}`],
        ],
        "<=",
        1,
      );
  }
  if (Number.isFinite(rules.maxStarts)) {
    const starts = Array.from({ length: to - from }, (_, k) => [1, `v_${id}_${from + k}`] as const);
    model.row(starts, "<=", rules.maxStarts);
  }
}
