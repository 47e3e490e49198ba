import * as z from "zod";
import { epochMs } from "../../../shared/domain/instant.ts";
import { VendorError } from "../../../shared/errors.ts";
import { call, type HttpAnswer, parseBody } from "../../../shared/http.ts";
import type { CallKind, Connection } from "../../../shared/integration/contract.ts";
import { eachThatFits } from "../../../shared/integration/odd.ts";
import { errorOf } from "./errors.ts";

// Field names, units and quirks: https://developer.easee.com/docs/observation-ids and .../docs/enumerations
// Loose about fields we do not use. Values and times are judged one by one in snapshot.ts: an odd one loses only itself.

/** One value with its own time; the value's type depends on the id, and text is used for all of them. */
const EaseeObservation = z.looseObject({
  id: z.union([
    z.number().int(),
    z
      .string()
      .regex(/^\d{1,6}$/)
      .transform(Number),
  ]),
  timestamp: z.unknown().optional(),
  value: z.unknown().optional(),
});
export type EaseeObservation = z.infer<typeof EaseeObservation>;

const EaseeObservations = z.union([
  z.looseObject({ observations: eachThatFits(EaseeObservation) }).transform(({ observations }) => observations),
  eachThatFits(EaseeObservation),
]);

/** Everything flat and without times: `latestPulse` is when the charger last spoke, not when a value was measured. */
export const EaseeState = z.looseObject({
  chargerOpMode: z.unknown().optional(),
  isOnline: z.unknown().optional(),
  latestPulse: z.unknown().optional(),
  /** kW */
  totalPower: z.unknown().optional(),
  /** kWh */
  sessionEnergy: z.unknown().optional(),
  /** A */
  dynamicChargerCurrent: z.unknown().optional(),
  reasonForNoCurrent: z.unknown().optional(),
});
export type EaseeState = z.infer<typeof EaseeState>;

// Ticks exceed 2^53 and are kept as text.
const Ticks = z.union([z.string().regex(/^\d+$/), z.number().int().nonnegative().transform(String)]);
const EaseeTicket = z.looseObject({ device: z.string(), commandId: z.number().int(), ticks: Ticks });
const EaseeTickets = z.union([z.array(EaseeTicket), EaseeTicket.transform((ticket) => [ticket])]);
export type EaseeTicket = z.infer<typeof EaseeTicket>;

export const EaseeCommandResult = z.looseObject({
  state: z.union([z.number(), z.string()]).nullish(),
  wasAccepted: z.boolean().nullish(),
});
export type EaseeCommandResult = z.infer<typeof EaseeCommandResult>;

export const OBSERVATIONS = {
  dynamicChargerCurrent: 48,
  reasonForNoCurrent: 96,
  chargerOpMode: 109,
  totalPower: 120,
  sessionEnergy: 121,
  connectedToCloud: 250,
  // Currents of the three phases: they change often, and so tell that the others still hold.
  inCurrentT3: 183,
  inCurrentT4: 184,
  inCurrentT5: 185,
} as const;

const IDS = Object.values(OBSERVATIONS).sort((a, b) => a - b);
const TIMEOUT_MS = 8_000;

/** Calls of Easee's interface for one login. Every method throws VendorError. */
export function easeeApi(connection: Connection, accessToken: string) {
  const request = async (kind: CallKind, method: "GET" | "POST", operation: string, path: string, body?: unknown) => {
    connection.count(kind);
    const answer = await call(connection.fetch, {
      method,
      url: new URL(path, connection.endpoint("EASEE_API_URL")),
      operation,
      headers: { authorization: `Bearer ${accessToken}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      timeoutMs: TIMEOUT_MS,
    });
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw errorOf(answer, operation, method, epochMs(connection.now()));
  };
  const charger = (id: string) => `/api/chargers/${encodeURIComponent(id)}`;

  return {
    /** The listed values, each with its own time: the best call to poll. */
    async observations(id: string) {
      const path = `/state/${encodeURIComponent(id)}/observations?ids=${IDS.join(",")}`;
      return parseBody(await request("data", "GET", "observations", path), EaseeObservations, "observations");
    },
    async state(id: string) {
      return parseBody(await request("state", "GET", "state", `${charger(id)}/state`), EaseeState, "state");
    },
    /** Queues a command; undefined when there was nothing to do. */
    async command(id: string, name: string, body?: unknown): Promise<EaseeTicket | undefined> {
      const answer = await request("command", "POST", name, `${charger(id)}/commands/${name}`, body);
      return ticketOf(answer, name);
    },
    /** Makes the charger report now. The vendor allows it once in three minutes. */
    async report(id: string) {
      await request("wake", "POST", "poll_chargeropmode", `${charger(id)}/commands/poll_chargeropmode`);
    },
    /** What became of a queued command. */
    async result({ device, commandId, ticks }: EaseeTicket) {
      const path = `/api/commands/${encodeURIComponent(device)}/${commandId}/${ticks}`;
      return parseBody(await request("state", "GET", "command result", path), EaseeCommandResult, "command result");
    },
  };
}

/** 202 is queued; 200 is done or nothing to do; an empty list or no ticks at all is nothing to do. */
export function ticketOf(answer: HttpAnswer, operation: string): EaseeTicket | undefined {
  if (answer.status === 200 && answer.text.trim() === "") return undefined;
  const text = answer.text.replace(/("ticks"\s*:\s*)(\d+)/gi, '$1"$2"');
  try {
    const [ticket] = parseBody({ ...answer, text }, EaseeTickets, operation);
    return ticket === undefined || /^0+$/.test(ticket.ticks) ? undefined : ticket;
  } catch (cause) {
    throw new VendorError({
      fault: "malformed-message",
      operation,
      status: answer.status,
      message: "the answer to a command is not a ticket",
      mayHaveActed: true,
      cause,
    });
  }
}
