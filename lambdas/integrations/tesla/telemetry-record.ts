import * as z from "zod";
import { parseInstant } from "../../../shared/domain/instant.ts";

// What teslamotors/fleet-telemetry hands on with `transmit_decoded_records`: protos/vehicle_data.proto and
// vehicle_connectivity.proto as JSON. Loose about all else: a push is never refused for what we do not read.

/** UTC with nine decimals; null when the car gave no time, which is refused further on. */
const CreatedAt = z
  .string()
  .nullish()
  .transform((text, context) => {
    if (text === null || text === undefined) return null;
    try {
      return { at: parseInstant(text), nanos: nanosOf(text) };
    } catch {
      context.addIssue({ code: "custom", message: "not a time with a zone" });
      return z.NEVER;
    }
  });

const Datum = z.looseObject({ key: z.union([z.string(), z.number()]).transform(String), value: z.unknown() });
/** A list of named values, or (from a compatible service) an object of them. */
const Data = z.union([
  z.array(Datum),
  z.record(z.string(), z.unknown()).transform((data) => Object.entries(data).map(([key, value]) => ({ key, value }))),
]);

const Envelope = z.record(z.string(), z.unknown());

const common = { vin: z.string().min(1), createdAt: CreatedAt };
const VehicleData = z.looseObject({ ...common, data: Data }).transform(({ vin, createdAt, data }) => ({
  kind: "data" as const,
  vin,
  createdAt,
  fields: data.map(({ key, value }) => ({ key, raw: scalarOf(value) })),
}));
const Connectivity = z
  .looseObject({ ...common, status: z.string() })
  .transform(({ vin, createdAt, status }) => ({ kind: "connectivity" as const, vin, createdAt, status }));
/** Alerts of the car and errors of its sending: nothing of ours. */
const Other = z
  .union([
    z.looseObject({ ...common, alerts: z.array(z.unknown()) }),
    z.looseObject({ ...common, errors: z.array(z.unknown()) }),
  ])
  .transform(({ vin, createdAt }) => ({ kind: "other" as const, vin, createdAt }));

/** One record that a car pushed. */
export const TelemetryRecord = z.union([VehicleData, Connectivity, Other]);
export type TelemetryRecord = z.infer<typeof TelemetryRecord>;

/** A told value without its envelope. */
export type Scalar = string | number | boolean | null;

/**
 * Takes a value out of its envelope: `{stringValue: "53.4"}`, `{doubleValue: 53.4}`, `{detailedChargeStateValue: "…"}`.
 * Null when the car has none (`{}`, `{invalid: true}`, an empty text); undefined when it is several values in one.
 */
function scalarOf(value: unknown): Scalar | undefined {
  if (typeof value === "number" || typeof value === "boolean") return value;
  if (typeof value === "string") return value.trim() === "" || value === "<invalid>" ? null : value;
  if (value === undefined || value === null) return null;
  const { invalid, ...told } = Envelope.catch({}).parse(value);
  const [inner, ...more] = Object.values(told);
  if (invalid === true || inner === undefined) return null;
  return more.length > 0 || typeof inner === "object" ? undefined : scalarOf(inner);
}

/** Order of making: milliseconds do not suffice, a car makes several records in one. */
export function byTime(a: TelemetryRecord, b: TelemetryRecord): number {
  if (!a.createdAt || !b.createdAt) return Number(a.createdAt !== null) - Number(b.createdAt !== null);
  if (a.createdAt.at !== b.createdAt.at) return a.createdAt.at < b.createdAt.at ? -1 : 1;
  return a.createdAt.nanos - b.createdAt.nanos;
}

/** Nanoseconds within the second. */
function nanosOf(text: string): number {
  return Number((/\.(\d+)/.exec(text)?.[1] ?? "").padEnd(9, "0").slice(0, 9));
}
