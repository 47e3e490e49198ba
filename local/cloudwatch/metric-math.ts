import { FUNCTIONS, fill, metricsNamed } from "./math-functions.ts";
import { type Expression, UnsupportedMath } from "./math-syntax.ts";
import { combine, listOf, OPERATORS, scalar, scalarOf, series, type Value } from "./math-values.ts";
import type { Points } from "./metric-store.ts";

/** What an expression is about: equally long series, a point each for the same periods. */
export type MathInput = {
  metrics: ReadonlyMap<string, Points>;
  expressions: ReadonlyMap<string, Expression>;
  periodSeconds: number;
  /** Periods. */
  length: number;
};

/**
 * Metric math, as the CloudWatch user guide has it ("Using math expressions with CloudWatch metrics"): series are combined
 * point by point and a number with every point. SEARCH, anomaly bands and functions whose answer depends on how far back
 * an alarm looks (RATE, DIFF, RUNNING_SUM) are refused. Throws UnsupportedMath, never because of the data.
 */
export function evaluateMath(expression: Expression, input: MathInput): Value {
  return new Evaluation(input).value(expression);
}

class Evaluation {
  readonly #input: MathInput;
  readonly #open = new Set<string>();
  readonly #known = new Map<string, Value>();

  constructor(input: MathInput) {
    this.#input = input;
  }

  value(expression: Expression): Value {
    switch (expression.kind) {
      case "number":
        return scalar(expression.value);
      case "reference":
        return this.#reference(expression.id);
      case "list":
        return { kind: "list", series: expression.items.flatMap((item) => listOf(this.value(item))) };
      case "negation":
        return combine(scalar(0), this.value(expression.operand), OPERATORS["-"]);
      case "operation":
        return combine(this.value(expression.left), this.value(expression.right), OPERATORS[expression.operator]);
      case "call":
        return this.#call(expression.name, expression.arguments);
      case "text":
      case "keyword":
        throw new UnsupportedMath(
          `${"value" in expression ? expression.value : expression.name} has no value by itself`,
        );
    }
  }

  #reference(id: string): Value {
    const points = this.#input.metrics.get(id);
    if (points) return series(points);
    const known = this.#known.get(id);
    if (known) return known;
    const expression = this.#input.expressions.get(id);
    if (!expression) throw new UnsupportedMath(`no metric or expression has the id ${id}`);
    if (this.#open.has(id)) throw new UnsupportedMath(`expression ${id} depends on itself`);
    this.#open.add(id);
    const value = this.value(expression);
    this.#open.delete(id);
    this.#known.set(id, value);
    return value;
  }

  #call(name: string, given: Expression[]): Value {
    const [first, second] = given;
    if (name === "FILL" && first && second && given.length === 2) return fill(this.value(first), this.#filler(second));
    if (name === "METRICS" && given.length <= 1 && (!first || first.kind === "text")) {
      return metricsNamed(first?.value ?? "", this.#input.metrics);
    }
    if (name === "PERIOD" && first?.kind === "reference" && this.#input.metrics.has(first.id) && given.length === 1) {
      return scalar(this.#input.periodSeconds);
    }
    if (name === "TIME_SERIES" && first && given.length === 1) {
      const value = scalarOf(this.value(first));
      return series(Array.from({ length: this.#input.length }, () => value));
    }
    const known = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
    if (!known && !["FILL", "METRICS", "PERIOD", "TIME_SERIES"].includes(name)) {
      throw new UnsupportedMath(`function ${name} is not supported`);
    }
    if (!known || given.length < known.arity[0] || given.length > known.arity[1]) {
      throw new UnsupportedMath(`function ${name} with these arguments is not supported`);
    }
    return known.run(given.map((one) => this.value(one)));
  }

  #filler(expression: Expression): Value | "REPEAT" | "LINEAR" {
    if (expression.kind !== "keyword") return this.value(expression);
    if (expression.name === "REPEAT" || expression.name === "LINEAR") return expression.name;
    throw new UnsupportedMath(`FILL with ${expression.name} is not supported`);
  }
}
