import { type CommandStatus, isEnded } from "../../shared/domain/command.ts";
import type { CommandRow } from "../../shared/domain/command-row.ts";
import { epochMs, HOUR_MS, instant, MINUTE_MS } from "../../shared/domain/instant.ts";
import { groupBy } from "../../shared/group-by.ts";
import { firstBreak } from "../../shared/store/audit.ts";
import { dueAt } from "../../shared/store/ledger.ts";
import type { Device } from "./device.ts";
import type { Span } from "./hindrances.ts";
import type { History, Violation } from "./history.ts";
import { MOST_SKEW_MS } from "./lambda.ts";
import { aboutOf } from "./queues.ts";
import { lackOf } from "./readiness.ts";
import { outagesToldOnce, toldOnce } from "./told.ts";
import type { Night } from "./world.ts";

type Checker = (night: Night) => Omit<Violation, "invariant">[];

/** From deciding to power flowing, with a look before and a proof after. */
const START_UP_MS = 45 * MINUTE_MS;
/** What ticks that are lost, late or die may take of a car without room, which no hindrance of its own tells. */
const SPARE_MS = 10 * MINUTE_MS;
/** Whoever looks at open commands does so each minute. */
const LATE_LOOK_MS = 10 * MINUTE_MS;
/** From a command that did not work to the one that does: its time to be proved, a pause, and the next. */
const MEND_MS = 30 * MINUTE_MS;
/** A call under way when its time runs out still arrives. */
const UNDER_WAY_MS = 15_000 + MOST_SKEW_MS;

/** The promises that are judged when the night is over, by name. Others are judged with each write: see watch.ts. */
const CHECKERS: Record<string, Checker> = {
  "P4 a command takes effect at most once": ({ history }) => {
    const effects = new Map<string, number>();
    return history.calls.flatMap(({ atMs, assetId, commandId, hadEffect }) => {
      if (!hadEffect) return [];
      if (commandId === undefined) return [{ atMs, about: assetId, what: "a call without a command" }];
      const count = (effects.get(commandId) ?? 0) + 1;
      effects.set(commandId, count);
      return count > 1 ? [{ atMs, about: assetId, what: `${commandId} took effect ${count} times` }] : [];
    });
  },

  "P4 nothing is sent that a newer command took over": ({ history, memory, watch }) => {
    const rows = commandsOf(memory);
    const byAsset = groupBy(rows, ({ assetId }) => assetId);
    const known = new Map(rows.map((row) => [row.commandId, row]));
    return history.calls.flatMap(({ atMs, assetId, commandId }) => {
      const own = known.get(commandId ?? "");
      const longBefore = ({ commandId: id }: CommandRow) => (watch.issued.get(id)?.atMs ?? 0) < atMs - UNDER_WAY_MS;
      const newer = byAsset.get(assetId)?.find((row) => own && row.sequence > own.sequence && longBefore(row));
      return newer ? [{ atMs, about: assetId, what: `${commandId} was sent after ${newer.commandId}` }] : [];
    });
  },

  "the audit trail is whole": ({ trails, endMs }) =>
    trails.flatMap(({ assetId, trail }) => {
      const broken = firstBreak(trail, instant(endMs));
      return broken ? [{ atMs: endMs, about: assetId, what: `${broken.commandId}: ${broken.why}` }] : [];
    }),

  "the kill switch's trail is whole": ({ missingSwitches, endMs }) =>
    missingSwitches.map((by) => ({ atMs: endMs, about: "", what: `that ${by} threw it is not in it` })),

  "P6 each fault is told once": toldOnce,
  "P6 each outage is told once": outagesToldOnce,

  "every asset is on the wheel once": ({ fleet, memory, endMs }) => {
    const members = memory.items("schedule").filter(({ pk }) => String(pk).startsWith("wheel#"));
    return fleet.assets.flatMap(({ assetId }) => {
      const times = members.filter((member) => member.assetId === assetId).length;
      return times === 1 ? [] : [{ atMs: endMs, about: assetId, what: `${times} times` }];
    });
  },

  "P5 no token chain is lost but by the vendor's own window": ({ memory, clouds, history, endMs }) =>
    memory.items("accounts").flatMap((row) => {
      const key = String(row.account);
      const cloud = clouds.find(({ manifest }) => key.startsWith(`${manifest.name}#`));
      if (!cloud || row.tokens === undefined) return [];
      const { refreshToken } = JSON.parse((row.tokens as { data: string }).data) as { refreshToken: string };
      const isRevoked = row.revokedAt !== undefined;
      if (cloud.books.isHonoured(refreshToken, endMs) && !isRevoked) return [];
      if (takenAtMs(history, key) !== undefined) return [];
      return [{ atMs: endMs, about: key, what: isRevoked ? "called revoked" : "what is stored is not honoured" }];
    }),

  "P6 nothing fails by itself": ({ queues, givenUp, world, endMs }) => {
    const isQuiet = world.faults.level === "none";
    const messages = [...queues].flatMap(([name, { failedUnstruck, deadLetters }]) => [
      ...failedUnstruck.map(({ atMs, about }) => ({ atMs, about, what: `${name}: a message could not be handled` })),
      ...(isQuiet ? deadLetters : []).map(({ body }) => ({
        atMs: endMs,
        about: aboutOf(body),
        what: `${name}: given up`,
      })),
    ]);
    const events = givenUp
      .filter(({ isStruck }) => isQuiet || !isStruck)
      .map(({ functionName, why, atMs }) => ({ atMs, about: "", what: `${functionName}: ${why}` }));
    return [...messages, ...events];
  },

  "P6 every command is announced, and how it ended": ({ memory, history, endMs }) => {
    const told = new Set(history.published.map(({ name, detail }) => `${name} ${detail.commandId}`));
    return commandsOf(memory).flatMap(({ commandId, assetId, status }) => {
      const owed = ["CommandIssued", ...(ENDINGS[status] ? [ENDINGS[status]] : [])];
      const untold = owed.filter((name) => !told.has(`${name} ${commandId}`));
      return untold.map((name) => ({ atMs: endMs, about: assetId, what: `${name} of ${commandId} was never told` }));
    });
  },

  "P8 nothing takes effect after its time": ({ history, watch }) =>
    history.calls.flatMap(({ atMs, assetId, commandId, hadEffect }) => {
      const { notAfter } = watch.issued.get(commandId ?? "") ?? {};
      if (!notAfter || !hadEffect || atMs <= epochMs(notAfter) + UNDER_WAY_MS) return [];
      return [{ atMs, about: assetId, what: `${commandId} acted after ${notAfter}` }];
    }),

  "no site is over its limit": ({ fleet, devices, episodes, world }) => {
    const limits = new Map(
      fleet.assets.flatMap(({ site }) => (site.importLimitKw === undefined ? [] : [[site.siteId, site.importLimitKw]])),
    );
    return [...limits].flatMap(([siteId, limitKw]) => {
      const there = devices.filter(({ spec }) => spec.siteId === siteId);
      const hindered = there.flatMap(({ spec }) => [
        ...episodes.hindrancesOf(spec).map(({ fromMs, toMs }) => ({ fromMs, toMs: toMs + START_UP_MS })),
        ...world.hindrances.of(spec.assetId, spec.integration),
      ]);
      return overLimit(there, limitKw)
        .filter((over) => over.toMs - over.fromMs > MEND_MS && !hindered.some((one) => touches(one, over)))
        .map(({ fromMs, toMs, kw }) => {
          const minutes = Math.round((toMs - fromMs) / MINUTE_MS);
          return { atMs: fromMs, about: siteId, what: `${kw.toFixed(1)} of ${limitKw} kW for ${minutes} min` };
        });
    });
  },

  "nothing is sent once the kill switch is on": ({ history, memory, episodes }) => {
    const { killSwitchAtMs = Number.POSITIVE_INFINITY } = episodes;
    const released = new Set(commandsOf(memory).flatMap((row) => (row.purpose === "release" ? row.commandId : [])));
    return history.calls
      .filter(({ atMs, commandId }) => atMs > killSwitchAtMs + UNDER_WAY_MS && !released.has(commandId ?? ""))
      .map(({ atMs, assetId, commandId }) => ({ atMs, about: assetId, what: `${commandId} was sent` }));
  },

  "every command has ended": ({ memory, endMs }) =>
    commandsOf(memory)
      .filter((row) => !isEnded(row.status) && epochMs(dueAt(row) ?? row.notAfter) < endMs - LATE_LOOK_MS)
      .map(({ commandId, assetId, status }) => ({
        atMs: endMs,
        about: assetId,
        what: `${commandId} is still ${status}`,
      })),

  "no car is late that could be ready": ({ devices, episodes, history, world, endMs }) =>
    devices.flatMap((device) => {
      const { spec } = device;
      // A login that its vendor's own window took is the customer's to mend.
      const goneAtMs = takenAtMs(history, `${spec.integration}#${spec.accountId}`);
      const locked = goneAtMs === undefined ? [] : [{ fromMs: goneAtMs, toMs: endMs }];
      const { missingKwh, takenKwh, hinderedMs } = lackOf(device, [
        ...locked,
        ...episodes.hindrancesOf(spec).map(({ fromMs, toMs }) => ({ fromMs, toMs: toMs + START_UP_MS })),
        ...world.hindrances.of(spec.assetId, spec.integration),
      ]);
      const spareKwh = (SPARE_MS / HOUR_MS) * spec.maxCurrentA * spec.kwPerA;
      if (missingKwh <= takenKwh + spareKwh) return [];
      const minutes = Math.round(hinderedMs / MINUTE_MS);
      const what = `${missingKwh.toFixed(2)} kWh missing, the world took ${takenKwh.toFixed(2)} in ${minutes} min`;
      return [{ atMs: spec.departsMs, about: spec.assetId, what }];
    }),
};

/** The event that tells how a command ended. */
const ENDINGS: Partial<Record<CommandStatus, string>> = {
  confirmed: "CommandConfirmed",
  missed: "CommandMissed",
  rejected: "CommandRejected",
  expired: "CommandExpired",
  withdrawn: "CommandWithdrawn",
};

/** Times in which devices drew more together than their site may. */
function overLimit(devices: readonly Device[], limitKw: number): (Span & { kw: number })[] {
  const changes = devices.flatMap(({ drawn }, index) => drawn.map(({ fromMs, kw }) => ({ fromMs, kw, index })));
  const now: number[] = devices.map(() => 0);
  const over: (Span & { kw: number })[] = [];
  let since: { fromMs: number; kw: number } | undefined;
  for (const { fromMs, kw, index } of changes.sort((a, b) => a.fromMs - b.fromMs)) {
    now[index] = kw;
    const sum = now.reduce((total, one) => total + one, 0);
    if (sum > limitKw + 0.3) since ??= { fromMs, kw: sum };
    else if (since) {
      over.push({ ...since, toMs: fromMs });
      since = undefined;
    }
  }
  return over;
}

function touches(hindrance: Span, over: Span): boolean {
  return hindrance.fromMs <= over.toMs && hindrance.toMs >= over.fromMs;
}

/**
 * When the vendor's own window took a login: its last pair was never heard of, or could not be stored, by an asker that a
 * fault struck. Between the vendor's answer and the write no promise can be made.
 */
function takenAtMs(history: History, login: string): number | undefined {
  const last = history.rotations.filter(({ account }) => account === login).at(-1);
  if (!last || last.isStored) return undefined;
  const isStruck = last.asker.isDead || !last.isHeard || last.asker.struck.length > last.struckBefore;
  return isStruck ? last.atMs : undefined;
}

function commandsOf(memory: Night["memory"]): CommandRow[] {
  return memory.items("commands").filter(({ status }) => status !== undefined) as unknown as CommandRow[];
}

/** Every promise that the night broke, with those that were broken on the way. */
export function violationsOf(night: Night): Violation[] {
  const atEnd = Object.entries(CHECKERS).flatMap(([invariant, check]) =>
    check(night).map((violation) => ({ invariant, ...violation })),
  );
  return [...night.history.violations, ...atEnd];
}
