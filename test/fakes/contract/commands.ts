import { describe, expect, it } from "vitest";
import { type Command, CommandStatus, END_STATUSES, isEnded, PRIOR_STATUSES } from "../../../shared/domain/command.ts";
import { type Instant, plusMs } from "../../../shared/domain/instant.ts";
import { firstBreak } from "../../../shared/store/audit.ts";
import { aCommand, at } from "../../builders.ts";
import { fresh, type Stores } from "./stores.ts";

const STATUSES = CommandStatus.options;
const PAIRS = STATUSES.flatMap((from) => STATUSES.map((to) => ({ from, to })));

export function commandsContract(stores: () => Stores): void {
  describe("commands", () => {
    /** The open commands of one test's own integration: the stores are shared by all tests. */
    const openOf = async (integration: string, by?: Instant) => {
      const found: Command[] = [];
      for await (const { commands } of stores().commands.open(by)) found.push(...commands);
      return found.filter((command) => command.integration === integration);
    };
    const inStatus = async (status: Command["status"], changes: Partial<Command> = {}) => {
      const command = aCommand({ assetId: fresh("car"), integration: fresh("vendor"), status, ...changes });
      expect(await stores().commands.issue(command)).toMatchObject(command);
      return command;
    };

    it("issues the same intent once, by one of several at the same time", async () => {
      const { commands } = stores();
      const command = aCommand({ assetId: fresh("car") });
      const issues = await Promise.all([1, 2, 3].map(() => commands.issue(command)));
      expect(issues.filter(Boolean)).toHaveLength(1);
      expect(await commands.issue({ ...command, reason: "again" })).toBeUndefined();
      expect(await commands.get(command)).toMatchObject(command);
    });

    it("knows nothing of a command never issued, and moves nothing", async () => {
      const key = { assetId: fresh("car"), commandId: "never-issued" };
      expect(await stores().commands.get(key)).toBeUndefined();
      expect(await stores().commands.transition(key, "sending", {})).toBeUndefined();
      expect(await stores().commands.get(key)).toBeUndefined();
    });

    it.each(PAIRS)("$from → $to is allowed or refused as the lifecycle says", async ({ from, to }) => {
      const { commands } = stores();
      const command = await inStatus(from);
      const allowed = PRIOR_STATUSES[to].includes(from);
      const moved = await commands.transition(command, to, { evidence: "tried" });
      const expected = allowed ? { ...command, status: to, evidence: "tried" } : command;
      if (allowed) expect(moved).toMatchObject(expected);
      else expect(moved).toBeUndefined();
      expect(await commands.get(command)).toMatchObject(expected);
    });

    it("lets one of several move a command, and the others learn that they lost", async () => {
      const command = await inStatus("issued");
      const moves = await Promise.all([1, 2, 3].map(() => stores().commands.transition(command, "sending", {})));
      expect(moves.filter((moved) => moved !== undefined)).toHaveLength(1);
    });

    it("writes the changes that come with a transition and leaves alone what is undefined", async () => {
      const command = await inStatus("sending", { evidence: "first words" });
      const checkAt = plusMs(command.checkAt, 60_000);
      const acceptedAt = at("2026-11-21T02:00:04Z");
      const changes = { checkAt, acceptedAt, withoutEffect: false, faultClass: undefined, evidence: undefined };
      const moved = await stores().commands.transition(command, "accepted", changes as never);
      const { history, sequence, ...rest } = moved ?? expect.fail();
      expect(rest).toEqual({ ...command, status: "accepted", checkAt, acceptedAt, withoutEffect: false });
      expect([sequence, history.length]).toEqual([1, 2]);
    });

    it.each(END_STATUSES)("takes a command that is %s out of the open ones", async (end) => {
      const { commands } = stores();
      const command = await inStatus(PRIOR_STATUSES[end][0] ?? "issued");
      expect(await openOf(command.integration)).toHaveLength(1);
      await commands.transition(command, end, { endedAt: at("2026-11-21T02:05Z") });
      expect(await openOf(command.integration)).toEqual([]);
      expect((await commands.get(command))?.status).toBe(end);
    });

    it.each(STATUSES.filter((status) => !isEnded(status)))("keeps a command that is %s open", async (status) => {
      const command = await inStatus(PRIOR_STATUSES[status][0] ?? "issued");
      await stores().commands.transition(command, status, {});
      expect((await openOf(command.integration)).map((open) => open.status)).toEqual([status]);
    });

    it("gives the open ones of an integration by check time, only those to be checked by a moment", async () => {
      const integration = fresh("vendor");
      // Of one asset: the others may be in other parts of the index.
      const assetId = fresh("car");
      const times = ["02:03", "02:01", "02:05", "02:02", "02:04"];
      for (const time of times)
        await inStatus("issued", {
          assetId,
          commandId: fresh("command"),
          integration,
          checkAt: at(`2026-11-21T${time}Z`),
        });
      await inStatus("issued");
      const checks = (found: Command[]) => found.map((command) => command.checkAt.slice(11, 16));
      expect(checks(await openOf(integration))).toEqual(["02:01", "02:02", "02:03", "02:04", "02:05"]);
      expect(checks(await openOf(integration, at("2026-11-21T02:03Z")))).toEqual(["02:01", "02:02", "02:03"]);
    });

    it("moves a command in that order when its check time moves", async () => {
      const { commands } = stores();
      const command = await inStatus("issued");
      await commands.transition(command, "sending", { checkAt: at("2026-11-21T02:00:30Z") });
      expect(await openOf(command.integration, at("2026-11-21T02:00:29Z"))).toEqual([]);
      expect(await openOf(command.integration, at("2026-11-21T02:00:30Z"))).toHaveLength(1);
    });

    it.each(["sending", "unknown"] as const)("gives one that is %s once it is a minute in doubt", async (status) => {
      const { commands } = stores();
      const command = await inStatus(PRIOR_STATUSES[status][0] ?? "issued");
      await commands.transition(command, status, { checkAt: at("2026-11-21T05:00Z") });
      expect(await openOf(command.integration, at("2026-11-21T02:00:59Z"))).toEqual([]);
      expect(await openOf(command.integration, at("2026-11-21T02:01Z"))).toHaveLength(1);
      await commands.transition(command, status === "sending" ? "accepted" : "issued", {});
      expect(await openOf(command.integration, at("2026-11-21T02:01Z"))).toEqual([]);
    });

    it("gives an asset's newest commands, newest window first, ended or not, never more than asked", async () => {
      const { commands } = stores();
      const assetId = fresh("car");
      const idOf = (hour: number) => `2026-11-21T0${hour}:00:00.000Z-0123456789abcdef`;
      for (const hour of [3, 1, 5, 2, 4]) await inStatus("issued", { assetId, commandId: idOf(hour) });
      await commands.transition({ assetId, commandId: idOf(4) }, "withdrawn", {});
      await inStatus("issued");
      const recent = async (limit: number) => (await commands.recent(assetId, limit)).map((one) => one.commandId);
      expect(await recent(3)).toEqual([5, 4, 3].map(idOf));
      expect(await recent(10)).toEqual([5, 4, 3, 2, 1].map(idOf));
    });

    it("keeps a trail of an asset's commands that holds, with a line for each transition", async () => {
      const { commands } = stores();
      const assetId = fresh("car");
      const first = await inStatus("issued", { assetId, commandId: fresh("command") });
      await commands.transition(first, "withdrawn", { evidence: "a tab\tand half a character \ud83d" });
      const second = await inStatus("issued", { assetId, commandId: fresh("command"), reason: "ünïcode 0.1 °C" });
      await commands.transition(second, "sending", { attempts: 1 });
      const trail = await commands.trail(assetId);
      expect(firstBreak(trail, first.issuedAt)).toBeUndefined();
      expect(trail.rows.map(({ sequence, history }) => [sequence, history.map(({ status }) => status)])).toEqual([
        [1, ["issued", "withdrawn"]],
        [2, ["issued", "sending"]],
      ]);
      expect(trail.newest).toMatchObject({ sequence: 2, commandId: second.commandId });
      expect(await commands.newest(assetId)).toEqual(trail.newest);
      expect(trail.rows[1]?.previous?.hash).toBe(trail.rows[0]?.history[1]?.hash);
    });

    it("knows no trail of an asset that was never commanded", async () => {
      expect(await stores().commands.trail(fresh("car"))).toEqual({ rows: [], unreadable: [], newest: undefined });
    });

    it("ties commands that are issued at once one after the other", async () => {
      const { commands } = stores();
      const assetId = fresh("car");
      await Promise.all([1, 2, 3].map(() => inStatus("issued", { assetId, commandId: fresh("command") })));
      const trail = await commands.trail(assetId);
      expect(trail.rows.map(({ sequence }) => sequence).sort()).toEqual([1, 2, 3]);
      expect(firstBreak(trail, trail.rows[0]?.issuedAt ?? expect.fail())).toBeUndefined();
    });

    it("takes the right to be sent from all commands before the newest", async () => {
      const { commands } = stores();
      const assetId = fresh("car");
      const older = await inStatus("issued", { assetId, commandId: fresh("command") });
      const newer = await inStatus("issued", { assetId, commandId: fresh("command") });
      expect(await commands.transition(older, "sending", {})).toBeUndefined();
      expect(await commands.transition(newer, "sending", {})).toMatchObject({ status: "sending" });
      expect(await commands.transition(older, "withdrawn", {})).toMatchObject({ status: "withdrawn" });
    });

    it("moves a row only if nobody wrote since it was read", async () => {
      const { commands } = stores();
      const command = await inStatus("issued");
      const read = await commands.get(command);
      if (!read) throw new Error("it is gone");
      await commands.transition(command, "sending", {});
      await commands.transition(command, "unknown", {});
      await commands.transition(command, "issued", {});
      expect(await commands.transition(read, "withdrawn", {})).toBeUndefined();
      expect(await commands.amend(read, { evidence: "late" })).toBeUndefined();
      expect((await commands.get(command))?.history).toHaveLength(4);
    });

    it("keeps what a command owes, under ids of its own, until it is told; an ended one stays open for that", async () => {
      const { commands } = stores();
      const command = aCommand({ assetId: fresh("car"), integration: fresh("vendor") });
      const { commandId, assetId, integration, action, notAfter } = command;
      const reference = { commandId, assetId, integration };
      const issued = await commands.issue(command, [
        { name: "CommandIssued", detail: { ...reference, action, notAfter } },
      ]);
      const ended = await commands.transition(command, "withdrawn", {}, [
        { name: "CommandWithdrawn", detail: reference },
      ]);
      const owed = (row: Command | undefined) => (row && "untold" in row ? row.untold : []) as { eventId: string }[];
      expect(owed(ended)).toMatchObject([{ name: "CommandIssued", ...owed(issued)[0] }, { name: "CommandWithdrawn" }]);
      expect(new Set(owed(ended).map(({ eventId }) => eventId)).size).toBe(2);
      expect(await openOf(integration, at("2026-11-21T02:00:59Z"))).toEqual([]);
      expect(await openOf(integration, at("2026-11-21T02:01Z"))).toMatchObject([{ status: "withdrawn" }]);
      await commands.told(issued ?? expect.fail());
      expect(owed(await commands.get(command))).toMatchObject([{ name: "CommandWithdrawn" }]);
      await commands.told(ended ?? expect.fail());
      expect(owed(await commands.get(command))).toEqual([]);
      expect(await openOf(integration)).toEqual([]);
    });

    it("hands a waiting command's message on once in each turn, and to itself again", async () => {
      const { commands } = stores();
      const command = aCommand({ assetId: fresh("car") });
      await commands.issue(command);
      const wins = await Promise.all(["first", "second"].map((by) => commands.handOn(command, { turn: 0, by })));
      expect(wins.toSorted()).toEqual([false, true]);
      const by = wins[0] ? "first" : "second";
      expect(await commands.handOn(command, { turn: 0, by })).toBe(true);
      expect(await commands.handOn(command, { turn: 1, by: "third" })).toBe(true);
      expect(await commands.handOn(command, { turn: 0, by })).toBe(false);
      // What its asset was told says nothing of that.
      const { rows, unreadable } = await commands.trail(command.assetId);
      expect({ rows: rows.map(({ commandId }) => commandId), unreadable }).toEqual({
        rows: [command.commandId],
        unreadable: [],
      });
    });

    it("adds to a command that has ended without moving it", async () => {
      const { commands } = stores();
      const command = await inStatus("missed");
      const row = await commands.get(command);
      const overAt = at("2026-11-21T03:00Z");
      const amended = await commands.amend(row ?? expect.fail(), { faultOverAt: overAt });
      expect(amended).toMatchObject({ status: "missed", faultOverAt: overAt });
      expect(firstBreak(await commands.trail(command.assetId), overAt)).toBeUndefined();
    });
  });
}
