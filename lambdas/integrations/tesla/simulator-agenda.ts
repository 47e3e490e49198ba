import type { CarSpec, CarTroubles } from "./simulator-spec.ts";

/** What will happen to a car at a known time, whoever looks. */
export type Appointment =
  | { atMs: number; what: "plug"; session: number }
  | { atMs: number; what: "unplug"; session: number; early: boolean }
  | { atMs: number; what: "power-lost" | "power-back" | "self-start" }
  | { atMs: number; what: "fed"; powerKw: number };

/** When the cable really comes out of a session: the driver may leave before the time the car was told. */
export function sessionEndsAt(spec: CarSpec, troubles: CarTroubles, session: number): number {
  const { arrivesAt = 0, departsAt = 0 } = spec.sessions[session] ?? {};
  const early = troubles.unpluggedAtMs.filter((atMs) => atMs > arrivesAt && atMs < departsAt);
  return Math.min(departsAt, ...early);
}

/** All appointments of a car in order of time; what lies before `startMs` is over, a session in progress begins there. */
export function agenda(spec: CarSpec, troubles: CarTroubles, startMs: number): Appointment[] {
  const list: Appointment[] = [];
  spec.sessions.forEach((session, index) => {
    const endsAtMs = sessionEndsAt(spec, troubles, index);
    if (endsAtMs <= startMs) return;
    list.push({ atMs: Math.max(session.arrivesAt, startMs), what: "plug", session: index });
    list.push({ atMs: endsAtMs, what: "unplug", session: index, early: endsAtMs < session.departsAt });
  });
  for (const window of troubles.noPower) {
    if (window.endsAtMs <= startMs) continue;
    list.push({ atMs: Math.max(window.startsAtMs, startMs), what: "power-lost" });
    list.push({ atMs: window.endsAtMs, what: "power-back" });
  }
  for (const atMs of troubles.selfStartsAtMs) if (atMs >= startMs) list.push({ atMs, what: "self-start" });
  return list.sort((a, b) => a.atMs - b.atMs);
}

type Happening = { atMs: number; run: (atMs: number) => void };

/** The first of what may happen, none of it before `fromMs`; at one moment the one named first. */
export function soonest(
  fromMs: number,
  candidates: readonly { atMs: number | undefined; run: (atMs: number) => void }[],
): Happening | undefined {
  let first: Happening | undefined;
  for (const { atMs, run } of candidates) {
    const dueMs = Math.max(atMs ?? Number.POSITIVE_INFINITY, fromMs);
    if (atMs !== undefined && (!first || dueMs < first.atMs)) first = { atMs: dueMs, run };
  }
  return first;
}

/** Adds what has become known of. */
export function enter(agenda: Appointment[], appointments: readonly Appointment[]): void {
  agenda.push(...appointments);
  agenda.sort((a, b) => a.atMs - b.atMs);
}
