import * as z from "zod";
import { AssetId } from "./asset.ts";
import { FaultClass } from "./fault.ts";
import { Instant } from "./instant.ts";
import { HeatMode } from "./reading.ts";

/** A wanted state, not an event: sending it twice wants the same thing. */
export const Action = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("charge.start"), currentA: z.number().int().positive() }),
  z.strictObject({ kind: z.literal("charge.stop") }),
  z.strictObject({
    kind: z.literal("heat.mode"),
    mode: HeatMode,
    /** A boost ends by itself when its tank is full, °C: from here on it counts as done. */
    fullAtC: z.number().optional(),
  }),
]);
export type Action = z.infer<typeof Action>;

export const CommandStatus = z.enum([
  "issued",
  "sending",
  "unknown",
  "accepted",
  "confirmed",
  "missed",
  "rejected",
  "expired",
  "withdrawn",
]);
export type CommandStatus = z.infer<typeof CommandStatus>;

/**
 * The lifecycle: each status with the statuses it may follow. It is the write condition of every transition,
 * so whatever arrives twice or late cannot move a command backwards.
 */
export const PRIOR_STATUSES: Record<CommandStatus, readonly CommandStatus[]> = {
  issued: ["unknown"],
  sending: ["issued"],
  unknown: ["sending"],
  accepted: ["sending", "unknown"],
  rejected: ["issued", "sending"],
  confirmed: ["accepted", "unknown"],
  missed: ["accepted", "unknown"],
  // From `sending` where its time ran out in the last step before the vendor would have been called.
  expired: ["issued", "sending"],
  withdrawn: ["issued", "accepted"],
};

/** Statuses from which nothing follows. */
export const END_STATUSES: readonly CommandStatus[] = ["confirmed", "missed", "rejected", "expired", "withdrawn"];

export function isEnded(status: CommandStatus): boolean {
  return END_STATUSES.includes(status);
}

/** One row of the intent ledger. */
export const Command = z.strictObject({
  commandId: z.string().min(8),
  assetId: AssetId,
  integration: z.string(),
  action: Action,
  reason: z.string(),
  /** Given back to its owner's own schedule: goes out although the kill switch is on. */
  purpose: z.literal("release").optional(),
  status: CommandStatus,
  issuedAt: Instant,
  /** The device is made ready before this, and told at this moment: waking a car takes up to a minute. */
  notBefore: Instant,
  /** How long after its plan's edge it is, so that a fleet does not move at once; part of `notBefore` and `notAfter`. */
  offsetSeconds: z.number().int().min(0).max(600).optional(),
  /** After this the command must not act any more. */
  notAfter: Instant,
  /** When the verifier must look at it next if no reading comes first. */
  checkAt: Instant,
  /** Calls to the vendor that could have acted. */
  attempts: z.number().int().nonnegative(),
  acceptedAt: Instant.optional(),
  endedAt: Instant.optional(),
  /** The wanted state already held: success without effect. */
  withoutEffect: z.boolean().optional(),
  faultClass: FaultClass.optional(),
  /** What people were told is in its way while it was still open. */
  toldFault: FaultClass.optional(),
  /** What the verdict rests on, in words; no vendor ids, no places. */
  evidence: z.string().optional(),
  /** When it was seen that what a rejected or missed command told people of is over. */
  faultOverAt: Instant.optional(),
});
export type Command = z.infer<typeof Command>;

/** What a transition may change of a command besides its status. */
export const COMMAND_CHANGES = [
  "checkAt",
  "attempts",
  "acceptedAt",
  "endedAt",
  "withoutEffect",
  "faultClass",
  "toldFault",
  "evidence",
  "faultOverAt",
] as const satisfies (keyof Command)[];
export type CommandChanges = Partial<Pick<Command, (typeof COMMAND_CHANGES)[number]>>;

/** Those of an asset's commands that were issued since the newest of them that was proved, newest first. */
export function sinceProved<C extends Command>(recent: readonly C[]): C[] {
  const newestFirst = recent.toSorted((a, b) => (a.issuedAt < b.issuedAt ? 1 : -1));
  const proved = newestFirst.findIndex(({ status }) => status === "confirmed");
  return proved < 0 ? newestFirst : newestFirst.slice(0, proved);
}

/**
 * What people were told of on account of an asset's commands and nothing has shown to be over: told since the newest of
 * them that was proved. A dead login is not among them: looks meet it too, and tell when it is over.
 */
export function standingFaults(recent: readonly Command[]): FaultClass[] {
  const told = sinceProved(recent)
    .filter(({ faultOverAt }) => faultOverAt === undefined)
    .flatMap(({ status, faultClass, toldFault }) => [
      toldFault,
      status === "rejected" || status === "missed" ? faultClass : undefined,
    ]);
  return [...new Set(told)].filter((fault) => fault !== undefined && fault !== "credentials-revoked");
}

/** The one that was issued last; of those issued at the same moment the first given. */
export function lastIssued<C extends Pick<Command, "issuedAt">>(commands: readonly C[]): C | undefined {
  return commands.reduce<C | undefined>((a, b) => (a && a.issuedAt >= b.issuedAt ? a : b), undefined);
}

/** The text a command's id is the hash of: the same intent always has the same id. */
export function commandIdentity(assetId: string, windowStartsAt: Instant, action: Action): string {
  return [assetId, windowStartsAt, action.kind, detailOf(action)].join("|");
}

function detailOf(action: Action): string | number {
  switch (action.kind) {
    case "charge.start":
      return action.currentA;
    case "charge.stop":
      return "";
    case "heat.mode":
      return action.mode;
  }
}

/** The stream whose readings prove an action. */
export const STREAM_OF_ACTION = {
  "charge.start": "charge",
  "charge.stop": "charge",
  "heat.mode": "heat",
} as const satisfies Record<Action["kind"], string>;
