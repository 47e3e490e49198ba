import type { FaultClass } from "../../shared/domain/fault.ts";
import type { FaultsNamed } from "./faults-named.ts";
import { wrap } from "./lines.ts";

const NAME_WIDTH = 22;

/** How rightly faults were named: a row for what each truly was, a column for each name that was given. */
export function faultsNamedLines({
  named,
  right,
  rightPercent,
  wronglyCustomerMustAct,
  matrix,
}: FaultsNamed): string[] {
  if (rightPercent === null) return ["Faults named: none"];
  const given = [...new Set(matrix.flatMap(({ raised }) => Object.keys(raised) as FaultClass[]))].sort();
  const letter = (index: number) => String.fromCharCode("a".charCodeAt(0) + index);
  const cell = (raised: Partial<Record<FaultClass, number>>, name: FaultClass) =>
    String(raised[name] ?? ".").padStart(4);
  return [
    ...wrap(
      `Faults named: ${right} of ${named} rightly (${rightPercent.toFixed(1)} %), ` +
        `${wronglyCustomerMustAct} wrongly for the customer to act on`,
      { hanging: 2 },
    ),
    `  ${"truly \\ named".padEnd(NAME_WIDTH)}${given.map((_, index) => letter(index).padStart(4)).join("")}`,
    ...matrix.map(
      ({ truth, raised }) => `  ${truth.padEnd(NAME_WIDTH)}${given.map((name) => cell(raised, name)).join("")}`,
    ),
    ...wrap(given.map((name, index) => `${letter(index)} ${name}`).join(", "), { indent: 2, hanging: 2 }),
  ];
}
