import type { EventName } from "../../shared/domain/events.ts";
import { groupBy } from "../../shared/group-by.ts";
import { killSwitchStore } from "../../shared/store/kill-switch.ts";
import { causeOf, type FaultDetail } from "../../shared/told-once.ts";
import type { Violation } from "./history.ts";
import type { Night } from "./world.ts";

type Broken = Omit<Violation, "invariant">[];

/** People hear of each fault once, and of its end once, whoever met it. */
export function toldOnce({ history, endMs }: Night): Broken {
  const ids = (name: EventName) => {
    const events = history.published.filter((event) => event.name === name);
    const causes = groupBy(events, ({ detail }) => JSON.stringify(causeOf(detail as unknown as FaultDetail)));
    return new Map([...causes].map(([cause, all]) => [cause, new Set(all.map(({ detail }) => detail.eventId)).size]));
  };
  const [raised, cleared] = [ids("FaultRaised"), ids("FaultCleared")];
  return [...new Set([...raised.keys(), ...cleared.keys()])].flatMap((cause) => {
    const [begins, ends] = [raised.get(cause) ?? 0, cleared.get(cause) ?? 0];
    if (begins === ends || begins === ends + 1) return [];
    return [{ atMs: endMs, about: "", what: `${cause} was raised ${begins} times and cleared ${ends} times` }];
  });
}

/** An outage of a vendor is told once, and that it is over once. */
export function outagesToldOnce({ history, clouds, endMs }: Night): Broken {
  return clouds.flatMap(({ manifest: { name: integration } }) => {
    const own = history.published.filter(({ detail }) => detail.integration === integration);
    const told = (name: EventName) =>
      new Set(own.flatMap(({ name: one, detail }) => (one === name ? String(detail.eventId) : []))).size;
    const [begins, ends] = [told("VendorOutageBegan"), told("VendorOutageEnded")];
    if (begins === ends || begins === ends + 1) return [];
    return [
      { atMs: endMs, about: integration, what: `${begins} outages were told, and ${ends} times that one is over` },
    ];
  });
}

/** Who is told to have thrown the kill switch is in its trail. */
export async function missingSwitches({ memory, history }: Pick<Night, "memory" | "history">): Promise<string[]> {
  const lines = await killSwitchStore(memory, "commands").history();
  return history.switched.filter((by) => !lines.some((line) => line.by === by));
}
