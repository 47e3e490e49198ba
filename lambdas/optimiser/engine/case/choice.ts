/** A choice the linear program leaves open: one of two variables is 0, a variable is 0 or at least `least`, or 0 or 1. */
export type Choice =
  | { kind: "either"; one: number; other: number }
  | { kind: "least"; variable: number; least: number }
  | { kind: "binary"; variable: number };
