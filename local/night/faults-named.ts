import type { FaultClass } from "../../shared/domain/fault.ts";
import { HOUR_MS, instant } from "../../shared/domain/instant.ts";
import { round } from "../../shared/domain/units.ts";
import type { Injection } from "../../shared/integration/simulation.ts";

/** A fault that the platform named: in an event, or as what a command failed by. */
export type Naming = { atMs: number; assetId: string; accountId: string; integration: string; raised: FaultClass };
/** What a vendor's simulator made to go wrong. */
export type NightInjection = Injection & { integration: string };

/** What it truly was; `absorbed` is a trouble that a repeat should have hidden. */
type Truth = FaultClass | "absorbed" | "nothing injected";

export type FaultsNamed = {
  named: number;
  right: number;
  /** Null when nothing was named. */
  rightPercent: number | null;
  /** The customer was asked to act where the truth asks nothing of the customer. */
  wronglyCustomerMustAct: number;
  /** What it truly was, and how often it was given each name; rows and names in alphabetical order. */
  matrix: { truth: Truth; raised: Partial<Record<FaultClass, number>> }[];
  wrong: { at: string; assetId: string; raised: FaultClass; truth: Truth }[];
};

/** A fault is named once it was noticed: a look may be hours away, and a command is judged after its proof is due. */
const NOTICED_WITHIN_MS = 2 * HOUR_MS;
const ASK_CUSTOMER: readonly string[] = ["customer-must-act", "credentials-revoked"] satisfies FaultClass[];

/** Holds every name that was given against what was made to go wrong. */
export function faultsNamed(namings: readonly Naming[], injections: readonly NightInjection[]): FaultsNamed {
  const judged = namings.map((naming) => ({ ...naming, truth: truthOf(naming, injections) }));
  const wrong = judged.filter(({ raised, truth }) => raised !== truth);
  const right = judged.length - wrong.length;
  return {
    named: judged.length,
    right,
    rightPercent: judged.length === 0 ? null : round((100 * right) / judged.length, 1),
    wronglyCustomerMustAct: wrong.filter(asksInVain).length,
    matrix: matrixOf(judged),
    wrong: wrong.map(({ atMs, assetId, raised, truth }) => ({ at: instant(atMs), assetId, raised, truth })),
  };
}

/** Asking for the wrong one of the two things that only the customer can do is a wrong name, but not an idle request. */
export function asksInVain({ raised, truth }: { raised: FaultClass; truth: Truth }): boolean {
  return ASK_CUSTOMER.includes(raised) && !ASK_CUSTOMER.includes(truth);
}

/**
 * Of several troubles in reach the one with the given name is believed, else the last to begin; one that only a command
 * meets only where there is no other.
 */
export function truthOf(naming: Naming, injections: readonly NightInjection[]): Truth {
  const inReach = injections.filter((one) => reaches(one, naming));
  if (inReach.some(({ faultClass }) => faultClass === naming.raised)) return naming.raised;
  const met = inReach.filter(({ onlyIfAsked }) => !onlyIfAsked);
  const last = (met.length > 0 ? met : inReach).reduce<NightInjection | undefined>(
    (a, b) => (a && a.fromMs > b.fromMs ? a : b),
    undefined,
  );
  return last ? (last.faultClass ?? "absorbed") : "nothing injected";
}

/** Active at the moment of naming or not long before it, and on this asset: by itself, by its account, or on everybody. */
function reaches(one: NightInjection, { atMs, assetId, accountId, integration }: Naming): boolean {
  if (one.integration !== integration) return false;
  if (one.fromMs > atMs || one.toMs < atMs - NOTICED_WITHIN_MS) return false;
  if (one.assetId !== undefined) return one.assetId === assetId;
  return one.accountId === undefined || one.accountId === accountId;
}

function matrixOf(judged: readonly { truth: Truth; raised: FaultClass }[]): FaultsNamed["matrix"] {
  const truths = [...new Set(judged.map(({ truth }) => truth))].sort();
  return truths.map((truth) => {
    const raised: Partial<Record<FaultClass, number>> = {};
    for (const name of judged.flatMap((one) => (one.truth === truth ? one.raised : [])).sort())
      raised[name] = (raised[name] ?? 0) + 1;
    return { truth, raised };
  });
}
