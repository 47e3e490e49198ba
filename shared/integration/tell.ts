import type { Bus } from "../bus.ts";
import type { NewEvent } from "../domain/events.ts";
import type { Reading } from "../domain/reading.ts";
import { mapLimited } from "../map-limited.ts";
import type { Latest, ReadingsStore } from "../store/readings.ts";

/** A reading to tell of; `matters` when somebody could decide differently because of it. */
export type Recorded = { reading: Reading; matters: boolean };

const IN_FLIGHT = 10;

/** Who notes on the reading itself that it was told: whoever looks outside a batch of the ledger. */
export const TELLS_ITSELF = "itself";

/** What is known, without the note of a batch: what that told is a matter of the ledger, and of the next look. */
export function withoutBatch(known: Latest | undefined): Latest | undefined {
  if (known?.untoldBy === undefined || known.untoldBy === TELLS_ITSELF) return known;
  const { untoldBy: _, ...rest } = known;
  return rest;
}

/** What a look has to tell of: its own reading, else the stored one that an earlier look could not tell of. */
export function newsOf(recorded: Recorded | undefined, known: Latest | undefined): Recorded | undefined {
  if (known?.untoldBy === undefined || !known.reading) return recorded;
  return { reading: recorded?.reading ?? known.reading, matters: true };
}

/** Publishes readings and other news of a batch, whose end in the ledger then says that they were told. */
export async function tellBatch(
  integration: string,
  recorded: readonly Recorded[],
  events: readonly NewEvent[],
  { bus }: { bus: Bus },
): Promise<void> {
  const news = recorded.length > 0 ? [telemetryRecorded(integration, recorded)] : [];
  if (news.length + events.length > 0) await bus.publish([...news, ...events]);
}

/** Publishes readings that are in no batch, and notes on those that matter that they are told. */
export async function tellReadings(
  integration: string,
  recorded: readonly Recorded[],
  deps: { bus: Bus; readings: Pick<ReadingsStore, "told"> },
): Promise<void> {
  await tellBatch(integration, recorded, [], deps);
  const toNote = recorded.filter(({ matters }) => matters);
  await mapLimited(toNote, IN_FLIGHT, ({ reading }) => deps.readings.told(reading));
}

function telemetryRecorded(integration: string, recorded: readonly Recorded[]): NewEvent {
  return {
    name: "TelemetryRecorded",
    detail: {
      integration,
      matters: recorded.some((one) => one.matters),
      readings: recorded.map(({ reading, matters }) => ({
        assetId: reading.assetId,
        stream: reading.stream,
        observedAt: reading.observedAt,
        matters,
      })),
    },
  };
}
