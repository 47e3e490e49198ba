import type { Bus } from "./bus.ts";
import type { CommandRow } from "./domain/command-row.ts";
import type { NewEvent } from "./domain/events.ts";
import { mapLimited } from "./map-limited.ts";
import type { CommandsStore } from "./store/commands.ts";

/** What people and machines are to hear of: an event, or a command with the events that its row owes. */
export type News = NewEvent | CommandRow;

const IN_FLIGHT = 10;

/**
 * Publishes, in the order given, and notes on each command that what it owed is told. Throws when the bus refuses: rows
 * go on owing, and the verifier's minute tells them later under the same event ids.
 */
export async function tell(
  news: readonly News[],
  deps: { bus: Bus; commands: Pick<CommandsStore, "told"> },
): Promise<void> {
  const events = news.flatMap((one) => ("history" in one ? (one.untold ?? []) : [one]));
  if (events.length === 0) return;
  await deps.bus.publish(events);
  const told = news.flatMap((one) => ("history" in one && one.untold ? one : []));
  await mapLimited(told, IN_FLIGHT, (row) => deps.commands.told(row));
}
