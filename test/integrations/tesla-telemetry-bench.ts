import { at } from "../builders.ts";

export const VIN = "TESTVIN0000000001";
export const RECEIVED_AT = at("2026-11-20T23:00:01Z");
const CREATED_AT = "2026-11-20T23:00:00.232436601Z";

/** A record as a telemetry server hands it on, every value a text. */
export function aRecord(fields: Record<string, string>, createdAt: string | null = CREATED_AT, vin = VIN) {
  const data = Object.entries(fields).map(([key, stringValue]) => ({ key, value: { stringValue } }));
  return { data, createdAt, vin, isResend: false };
}

/** A record with its values as given, in their envelopes. */
export function typed(fields: Record<string, unknown>, createdAt = CREATED_AT) {
  const data = Object.entries(fields).map(([key, value]) => ({ key, value }));
  return { data, createdAt, vin: VIN, isResend: false };
}

export function connection(status: string, createdAt = CREATED_AT) {
  return { vin: VIN, connectionId: "9b1c", status, createdAt };
}
