import * as z from "zod";
import { COMMAND_CHANGES, Command, CommandStatus } from "./command.ts";
import { StampedEvent } from "./events.ts";
import { Instant } from "./instant.ts";

const Hash = z.string().regex(/^[0-9a-f]{64}$/);
const changes = Object.fromEntries(COMMAND_CHANGES.map((name) => [name, true])) as Record<
  (typeof COMMAND_CHANGES)[number],
  true
>;

/**
 * One line of a command's audit trail: when it came to which status, by which service, and what else that set. `hash` is
 * over the line and the hash before it, so that no line can be changed, taken out or moved unseen.
 */
export const HistoryEntry = z.strictObject({
  at: Instant,
  status: CommandStatus,
  by: z.string().min(1),
  ...Command.pick(changes).partial().shape,
  hash: Hash,
});
export type HistoryEntry = z.infer<typeof HistoryEntry>;

/** Where a command stands among its asset's: counted from 1, tied to where the one before stood when this was issued. */
export const Link = z.strictObject({
  sequence: z.number().int().positive(),
  previous: z.strictObject({ commandId: z.string(), issuedAt: Instant, hash: Hash }).optional(),
});
export type Link = z.infer<typeof Link>;

/** A command as it is stored: with its audit trail, and the events that it owes until they are on the bus. */
export const CommandRow = Command.extend({
  ...Link.shape,
  history: z.tuple([HistoryEntry], HistoryEntry),
  untold: z.array(StampedEvent).optional(),
});
export type CommandRow = z.infer<typeof CommandRow>;
