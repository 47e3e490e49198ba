/** An alarm that tells somebody, by its name without `headroom-<stage>-`. */
export type Told = { alarm: string; withinMinutes: number };
/** What one cause came to, minutes from its beginning; `okAfter` from its end, 0 when it was over before. */
export type Outcome = {
  cause: string;
  alarm: string;
  rang: { alarm: string; after: number; okAfter: number | undefined }[];
};
/** Another alarm that a cause may ring, and why that is right. */
export type Accepted = { alarm: string; also: string; reason: string };

export type Problem = {
  kind: "missing" | "late" | "not over" | "other" | "no cause" | "no alarm";
  alarm: string;
  says: string;
};

/**
 * What is wrong with a matrix of causes and alarms: each alarm must ring for its own cause, in time, end when that has
 * ended, and ring for no other. `standsFor`: alarms that are equal to one that was played, but for names.
 */
export function problemsOf(
  told: readonly Told[],
  outcomes: readonly Outcome[],
  accepted: readonly Accepted[],
  standsFor: ReadonlyMap<string, string> = new Map(),
): Problem[] {
  const caused = new Set(outcomes.map(({ alarm }) => alarm));
  const known = new Map(told.map((one) => [one.alarm, one]));
  const without = told
    .filter(({ alarm }) => !caused.has(alarm) && !caused.has(standsFor.get(alarm) ?? ""))
    .map(({ alarm }): Problem => ({ kind: "no cause", alarm, says: "nothing in the matrix rings it" }));
  return [...without, ...outcomes.flatMap((outcome) => problemsIn(outcome, known, accepted))];
}

function problemsIn(
  { cause, alarm, rang }: Outcome,
  known: ReadonlyMap<string, Told>,
  accepted: readonly Accepted[],
): Problem[] {
  const within = known.get(alarm)?.withinMinutes;
  if (alarm !== "" && within === undefined)
    return [{ kind: "no alarm", alarm, says: `${cause}: there is no such alarm` }];
  const own = rang.filter((one) => one.alarm === alarm);
  const [first] = own;
  const problems: Problem[] = [];
  if (within !== undefined && !first) problems.push({ kind: "missing", alarm, says: `silent when ${cause}` });
  if (within !== undefined && first && first.after > within)
    problems.push({ kind: "late", alarm, says: `${cause}: rang after ${first.after} of ${within} min` });
  for (const one of rang) {
    if (one.okAfter === undefined)
      problems.push({ kind: "not over", alarm: one.alarm, says: `${cause}: it rings still` });
    const isOwn = one.alarm === alarm || isAccepted(accepted, alarm, one.alarm);
    if (!isOwn) problems.push({ kind: "other", alarm: one.alarm, says: `${cause}: rang after ${one.after} min` });
  }
  return problems;
}

/** Where a pair begins with `*` both are of the same part, and of the same queue. */
export function isAccepted(accepted: readonly Accepted[], alarm: string, other: string): boolean {
  return accepted.some(({ alarm: one, also }) => {
    if (!one.startsWith("*")) return alarm === one && other === also;
    return alarm.endsWith(one.slice(1)) && other === `${alarm.slice(0, 1 - one.length)}${also.slice(1)}`;
  });
}
