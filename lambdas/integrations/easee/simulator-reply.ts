export type Reply = { status: number; headers: Record<string, string>; body: string };

export function json(status: number, value: unknown, headers: Record<string, string> = {}): Reply {
  return {
    status,
    headers: { "Content-Type": "application/json; charset=utf-8", ...headers },
    body: JSON.stringify(value),
  };
}

/** Easee's error envelope. */
export function failure(status: number, errorCode: number, errorCodeName: string): Reply {
  return json(status, { errorCode, errorCodeName, type: null, title: errorCodeName, status, detail: null });
}

/** What its gateway says to throttle and to refuse rights alike. */
export const FORBIDDEN = json(403, { message: "Forbidden" });
export const UNAVAILABLE: Reply = { status: 503, headers: {}, body: "" };
/** The connection ends without an answer. */
export const CUT: Reply = { status: 0, headers: {}, body: "" };
export const BAD_GATEWAY: Reply = {
  status: 502,
  headers: { "Content-Type": "text/html" },
  body: "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>nginx</body>\r\n</html>\r\n",
};

export function tooMany(retryAfterSeconds: number): Reply {
  return { status: 429, headers: { "Retry-After": String(retryAfterSeconds) }, body: "" };
}
