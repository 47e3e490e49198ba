import type { Car } from "./simulator-car.ts";
import type { Verdict } from "./simulator-commands.ts";
import type { CallKind } from "./simulator-faults.ts";
import type { Reply } from "./simulator-reply.ts";

export type Request = { method: string; url: URL; authorization: string | undefined; body: string };

/** What a call asks for, and how it is billed. */
export type Route =
  | { what: "region" | "list"; kind: CallKind }
  | { what: "vehicle" | "vehicle_data" | "wake_up"; kind: CallKind; tag: string }
  | { what: "command"; kind: CallKind; tag: string; command: string };

/** A call by a known customer, at its moment. `verdict` is what the car would say to the command. */
export type Visit = {
  atMs: number;
  route: Route;
  request: Request;
  accountId: string;
  car: Car | undefined;
  verdict: Verdict | undefined;
  /** Counts the calls for one car or account. */
  serial: number;
};

/** `effective`: the command or wake changed something, whatever the reply says. */
export type Answer = { reply: Reply; effective?: boolean };

const VEHICLE_PATH = /^\/api\/1\/vehicles\/([^/]+)(?:\/([a-z_]+))?(?:\/([a-z_]+))?$/;

export function routeOf({ method, url }: Request): Route | undefined {
  const path = url.pathname.replace(/\/$/, "");
  if (method === "GET" && path === "/api/1/users/region") return { what: "region", kind: "state" };
  if (method === "GET" && path === "/api/1/vehicles") return { what: "list", kind: "state" };
  const [, tag, action, command] = VEHICLE_PATH.exec(path) ?? [];
  if (tag === undefined) return undefined;
  switch (`${method} ${action ?? ""}`) {
    case "GET ":
      return { what: "vehicle", kind: "state", tag };
    case "GET vehicle_data":
      return command === undefined ? { what: "vehicle_data", kind: "data", tag } : undefined;
    case "POST wake_up":
      return command === undefined ? { what: "wake_up", kind: "wake", tag } : undefined;
    case "POST command":
      return command === undefined ? undefined : { what: "command", kind: "command", tag, command };
    default:
      return undefined;
  }
}

export function bodyOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
