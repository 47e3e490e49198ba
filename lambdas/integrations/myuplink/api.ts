import * as z from "zod";
import { epochMs } from "../../../shared/domain/instant.ts";
import { VendorError } from "../../../shared/errors.ts";
import { call, type HttpAnswer, parseBody, retryAfterMs } from "../../../shared/http.ts";
import type { CallKind, Connection } from "../../../shared/integration/contract.ts";
import { eachThatFits } from "../../../shared/integration/odd.ts";
import { errorOf } from "./errors.ts";
import { type Windows, waitOf } from "./rate-limit.ts";

// https://api.myuplink.com/swagger/index.html
/** A number, or a number as text; anything else (a word, an empty text) is unknown. */
const Numeric = z
  .unknown()
  .optional()
  .transform((value): number | null => {
    if (typeof value === "number") return Number.isFinite(value) ? value : null;
    if (typeof value !== "string" || value.trim() === "") return null;
    const number = Number(value);
    return Number.isFinite(number) ? number : null;
  });
const text = z.string().catch("");

/** A point, as far as it can be read: an odd part of it loses only itself, and a point without a number is left out. */
export const MyUplinkPoint = z.looseObject({
  /** A text of digits, some with a letter behind; a number in older answers. */
  parameterId: z.union([z.string(), z.number()]).transform(String),
  parameterUnit: text,
  writable: z.boolean().catch(false),
  timestamp: text,
  /** Scaled already, as a rule. */
  value: Numeric,
  strVal: text,
  smartHomeCategories: z.array(z.string()).catch([]),
  /** In raw steps of `scaleValue`, as a rule. */
  minValue: Numeric,
  maxValue: Numeric,
  scaleValue: Numeric,
  enumValues: eachThatFits(z.looseObject({ value: z.union([z.string(), z.number()]).transform(String) })).catch([]),
});
export type MyUplinkPoint = z.infer<typeof MyUplinkPoint>;
export const MyUplinkPoints = eachThatFits(MyUplinkPoint);

/** Null where it cannot be read: then a device that is not found may be there all the same. */
const readable = <T>(schema: z.ZodType<T>) => schema.nullable().catch(null);
// How a device is connected is judged of the one that is asked for.
const MyUplinkDevice = z.looseObject({ id: z.string().min(1), connectionState: z.unknown().optional() });
const MyUplinkSystems = z.looseObject({
  numItems: z.number().int().nonnegative().nullish().catch(null),
  systems: z.array(
    readable(z.looseObject({ systemId: z.string().min(1), devices: readable(z.array(readable(MyUplinkDevice))) })),
  ),
});

export const MyUplinkMode = z.looseObject({ smartHomeMode: z.unknown().optional() });
const ModeTaken = z.looseObject({ payload: z.looseObject({ state: z.string() }) });
const Subscriptions = z.looseObject({
  subscriptions: eachThatFits(z.looseObject({ type: z.string(), validUntil: z.string().nullish() })),
});

const TIMEOUT_MS = 10_000;
const PAGE_SIZE = 100;
/** An installer's login with more systems than this is not one household's. */
const MOST_PAGES = 5;

type Method = "GET" | "PUT" | "PATCH";

/** Calls of the myUplink API for one customer's token. Every method throws VendorError. */
export function myUplinkApi(connection: Connection, accessToken: string, windows: Windows) {
  const request = async (kind: CallKind, method: Method, operation: string, path: string, body?: unknown) => {
    const nowMs = () => epochMs(connection.now());
    windows.refuseWhenEmpty(accessToken, operation, nowMs());
    connection.count(kind);
    const answer = await call(connection.fetch, {
      method,
      url: new URL(path, connection.endpoint("MYUPLINK_API_URL")),
      operation,
      headers: {
        authorization: `Bearer ${accessToken}`,
        // Names and words come in this language; nothing here depends on them.
        "accept-language": "en-US",
        ...(body === undefined ? {} : { "content-type": "application/json-patch+json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      timeoutMs: TIMEOUT_MS,
    });
    windows.note(accessToken, answer, nowMs());
    if (answer.status === 200 || (answer.status === 204 && method !== "GET")) return answer;
    // The window's end is told with every answer; only a refused call must wait for it.
    const waitMs = answer.status === 429 ? waitOf(answer.headers, nowMs()) : retryAfterMs(answer.headers, nowMs());
    throw errorOf(answer, operation, method, waitMs);
  };
  const device = (id: string) => `/v2/devices/${encodeURIComponent(id)}`;
  const system = (id: string) => `/v2/systems/${encodeURIComponent(id)}`;

  return {
    /** The system that a device belongs to, and how it is connected. Throws `customer-must-act` when it is not theirs. */
    async find(deviceId: string) {
      let isWhole = true;
      for (let page = 1; page <= MOST_PAGES; page++) {
        const path = `/v2/systems/me?page=${page}&itemsPerPage=${PAGE_SIZE}`;
        const { systems, numItems } = parseBody(
          await request("state", "GET", "systems", path),
          MyUplinkSystems,
          "systems",
        );
        for (const system of systems) {
          const found = system?.devices?.find((device) => device?.id === deviceId);
          if (system && found) return { systemId: system.systemId, connectionState: found.connectionState };
          if (!system?.devices || system.devices.includes(null)) isWhole = false;
        }
        if (systems.length === 0 || page * PAGE_SIZE >= (numItems ?? 0)) break;
      }
      throw isWhole
        ? new VendorError({
            fault: "customer-must-act",
            operation: "systems",
            message: "the heat pump is not in the customer's account any more",
          })
        : new VendorError({
            fault: "malformed-message",
            operation: "systems",
            message: "the heat pump is not among the systems and devices that could be read",
          });
    },
    /** Every point of a device: numbers differ by series, and all of them cost one call. */
    async points(deviceId: string) {
      return parseBody(await request("data", "GET", "points", `${device(deviceId)}/points`), MyUplinkPoints, "points");
    },
    /** The mode's word, as told. */
    async mode(systemId: string): Promise<unknown> {
      const answer = await request("data", "GET", "smart-home-mode", `${system(systemId)}/smart-home-mode`);
      return parseBody(answer, MyUplinkMode, "smart-home-mode").smartHomeMode;
    },
    /** What the subscriptions of a system allow, and until when. */
    async subscriptions(systemId: string) {
      const answer = await request("data", "GET", "subscriptions", `${system(systemId)}/subscriptions`);
      return parseBody(answer, Subscriptions, "subscriptions").subscriptions;
    },
    async setMode(systemId: string, smartHomeMode: string) {
      const path = `${system(systemId)}/smart-home-mode`;
      const answer = await request("command", "PUT", "set smart-home-mode", path, { smartHomeMode });
      if (answer.status === 200) checkModeTaken(answer);
    },
    async setPoint(deviceId: string, parameterId: string, value: string) {
      const path = `${device(deviceId)}/points`;
      const answer = await request("command", "PATCH", "set point", path, { [parameterId]: value });
      if (answer.status === 200) checkPointTaken(answer, parameterId);
    },
  };
}

export type MyUplinkApi = ReturnType<typeof myUplinkApi>;

/** A 200 whose state is not `ok` was refused; one that cannot be read says nothing about what was done. */
function checkModeTaken(answer: HttpAnswer): void {
  const parsed = ModeTaken.safeParse(jsonOrUndefined(answer.text));
  if (!parsed.success) throw unclear("set smart-home-mode", "the answer has no state");
  const { state } = parsed.data.payload;
  if (state === "ok") return;
  if (state !== "error") throw unclear("set smart-home-mode", `unknown state "${state.slice(0, 30)}"`);
  throw new VendorError({
    fault: "transient",
    operation: "set smart-home-mode",
    status: 200,
    message: "the vendor did not take the mode",
  });
}

/** What the answer to a point says of it: a list of points, or an object by parameter, each with a word. */
const PointsTaken = z.union([
  z.array(z.looseObject({ parameterId: z.union([z.string(), z.number()]).transform(String), status: z.string() })),
  z
    .looseObject({ payload: z.record(z.string(), z.string()) })
    .transform(({ payload }) => Object.entries(payload).map(([parameterId, status]) => ({ parameterId, status }))),
  z
    .record(z.string(), z.string())
    .transform((body) => Object.entries(body).map(([parameterId, status]) => ({ parameterId, status }))),
]);
const TAKEN = ["modified", "ok", "accepted"];

function checkPointTaken(answer: HttpAnswer, parameterId: string): void {
  const parsed = PointsTaken.safeParse(jsonOrUndefined(answer.text));
  if (!parsed.success) throw unclear("set point", "the answer has no status");
  const told = parsed.data.find((point) => point.parameterId === parameterId);
  if (!told) throw unclear("set point", "the answer leaves out the point");
  if (!TAKEN.includes(told.status.toLowerCase()))
    throw unclear("set point", `unknown status "${told.status.slice(0, 30)}"`);
}

function unclear(operation: string, message: string): VendorError {
  return new VendorError({ fault: "malformed-message", operation, status: 200, message, mayHaveActed: true });
}

function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
