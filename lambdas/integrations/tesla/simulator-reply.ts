import { toJson } from "./simulator-told.ts";

export type Reply = { status: number; headers: Record<string, string>; body: string };

export function json(status: number, value: unknown, headers: Record<string, string> = {}): Reply {
  return { status, headers: { "Content-Type": "application/json; charset=utf-8", ...headers }, body: toJson(value) };
}

/** Tesla's error envelope. */
export function failure(status: number, error: string, headers: Record<string, string> = {}): Reply {
  return json(status, { response: null, error, error_description: "" }, headers);
}

/** What stands in front of Tesla's servers when they are gone. */
export function badGatewayPage(): Reply {
  return {
    status: 502,
    headers: { "Content-Type": "text/html" },
    body: "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n",
  };
}

/** The connection ends without an answer. */
export const CUT: Reply = { status: 0, headers: {}, body: "" };

/** One meaning, several texts; the nested forms are a server-side hash printed by mistake. */
export const ASLEEP_TEXTS = [
  "vehicle unavailable: vehicle is offline or asleep",
  '{:error=>"vehicle unavailable:"}',
  'vehicle unavailable: {:error=>"vehicle is offline or asleep"}',
] as const;

export const EMPTY: Reply = { status: 200, headers: {}, body: "" };

export function unavailable(): Reply {
  return failure(503, "service unavailable");
}
