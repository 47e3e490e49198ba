import type { AssetId } from "../../shared/domain/asset.ts";
import { FAULT_TREATMENT } from "../../shared/domain/fault.ts";
import { epochMs, type Instant, later, MINUTE_MS } from "../../shared/domain/instant.ts";
import { activity, MAX_CLOCK_SKEW_MS, type Reachability } from "../../shared/domain/reading.ts";
import { BLOCKED_MINUTES, isBlocked, type LookWhy } from "../../shared/domain/wheel.ts";
import type { PollRequest } from "../../shared/integration/poll-request.ts";
import type { Latest } from "../../shared/store/readings.ts";
import type { DueLook, Member } from "../../shared/store/schedule.ts";
import type { Turn } from "./turns.ts";

/** A turn with those whose turn it is, as the wheel or the due index has them. */
export type Listed = { turn: Turn; members: readonly (Member | DueLook)[] };
export type Look = PollRequest["assets"][number] & { accountId: string };
export type Chosen = { turn: Turn; looks: Look[]; held: number };
/** Of the assets whose own turn it was and whom we ought to be able to read. */
export type Freshness = { checked: number; notRead: number };

/** How many failures in a row are more than bad luck. */
const FAILING = 3;
/** What was tried half a minute ago, and failed or proved nothing, need not be tried again. */
const JUST_NOW_MS = 30_000;
/** Room of a minute, beyond its own work, for what was missed: a share of that work, or what is no crowd at any pace. */
const CATCH_UP_SHARE = 0.25;
const NO_CROWD = 20;

/** Assets that a minute has room for beyond its own, to make good what was missed. */
export function roomFor(own: number): number {
  return Math.max(NO_CROWD, Math.ceil(CATCH_UP_SHARE * own));
}

/**
 * Who of the turns is sent out, each asset's stream once: proofs first, then what else was asked for, then the wheel.
 * Left out is whom somebody has just looked at. While the vendor is down only one is sent, which finds out when it is back.
 */
export function choose(
  listed: readonly Listed[],
  latest: (turn: Turn, assetId: AssetId) => Latest | undefined,
  { tickAt, now, isOpen }: { tickAt: Instant; now: Instant; isOpen: boolean },
): { chosen: Chosen[]; freshness: Freshness } {
  // A late tick must not take for a wrong clock what was fetched since its minute.
  const nowMs = epochMs(later(tickAt, now));
  const candidates = listed.map(({ turn, members }) => ({
    turn,
    due: members.filter((member) => isWorthIt(turn, member, latest(turn, member.assetId)?.reach, nowMs)),
  }));
  const lookOf = (turn: Turn, member: Member | DueLook): Look => ({
    assetId: member.assetId,
    accountId: member.accountId,
    expectAwake: whyOf(member) === "command" || activity(latest(turn, member.assetId)?.reading) === "charging",
    why: whyOf(member),
    periodMinutes: member.periodMinutes,
  });
  const own = listed.filter(({ turn }) => turn.kind === "own" && turn.attempt === 1);
  const freshness = freshnessOf(own, latest, nowMs, isOpen);

  if (isOpen) {
    const proofs = candidates.flatMap(({ turn, due }) => due.map((member) => ({ turn, member })));
    const probe = proofs.find(({ member }) => whyOf(member) === "command") ?? proofs[0];
    const held = candidates
      .filter(({ turn }) => turn.kind === "own" && turn.attempt === 1)
      .map(({ turn, due }): Chosen => ({ turn, looks: [], held: due.length }));
    if (!probe) return { chosen: held, freshness };
    const turn = { ...probe.turn, minute: tickAt, part: `${probe.turn.stream}#probe`, attempt: 1 };
    return {
      chosen: [{ turn, looks: [{ ...lookOf(probe.turn, probe.member), why: "probe" }], held: 0 }, ...held],
      freshness,
    };
  }

  const taken = new Set<string>();
  let room = roomFor(own.reduce((sum, { members }) => sum + members.length, 0));
  const takeFrom = (turn: Turn, member: Member | DueLook): Look[] => {
    const key = `${turn.stream}#${member.assetId}`;
    const isLate = turn.kind === "due" && turn.minute < tickAt && whyOf(member) !== "command";
    if (taken.has(key) || (isLate && room <= 0)) return [];
    if (isLate) room -= 1;
    taken.add(key);
    return [lookOf(turn, member)];
  };
  const urgent = candidates.map(({ turn, due }) =>
    due.filter((member) => whyOf(member) === "command").flatMap((member) => takeFrom(turn, member)),
  );
  const chosen = candidates.map(({ turn, due }, index): Chosen => {
    const others = due.filter((member) => whyOf(member) !== "command").flatMap((member) => takeFrom(turn, member));
    return { turn, looks: [...(urgent[index] ?? []), ...others], held: 0 };
  });
  return { chosen, freshness };
}

/** An asset just fetched is not fetched again, whoever fetched it; nor is one of whom somebody else has the next move. */
function isWorthIt(turn: Turn, member: Member | DueLook, reach: Reachability | undefined, nowMs: number): boolean {
  if (!reach) return true;
  const lastMs = epochMs(reach.lastFetchedAt);
  const ageMs = nowMs - lastMs;
  // A time ahead of ours tells nothing: the clock that wrote it was wrong.
  if (-ageMs > MAX_CLOCK_SKEW_MS) return true;
  if (turn.attempt > 1 && lastMs >= epochMs(turn.minute)) return false;
  if ("why" in member) return member.why === "command" ? ageMs >= JUST_NOW_MS : lastMs <= epochMs(member.setAt);
  if (isBlocked(reach)) return ageMs >= BLOCKED_MINUTES * MINUTE_MS - JUST_NOW_MS;
  return ageMs >= (reach.failures > 0 ? JUST_NOW_MS : (member.periodMinutes * MINUTE_MS) / 2);
}

function whyOf(member: Member | DueLook): LookWhy {
  return "why" in member ? member.why : "routine";
}

function freshnessOf(
  own: readonly Listed[],
  latest: (turn: Turn, assetId: AssetId) => Latest | undefined,
  nowMs: number,
  isOpen: boolean,
): Freshness {
  const freshness = { checked: 0, notRead: 0 };
  for (const { turn, members } of own) {
    for (const { assetId, periodMinutes } of members) {
      const reach = latest(turn, assetId)?.reach;
      if (reach?.faultClass && FAULT_TREATMENT[reach.faultClass].actor === "customer") continue;
      freshness.checked += 1;
      const isOld = !reach || nowMs - epochMs(reach.lastFetchedAt) > 2 * periodMinutes * MINUTE_MS;
      if (isOpen || isOld || reach.failures >= FAILING) freshness.notRead += 1;
    }
  }
  return freshness;
}
