export type Reply = { status: number; headers: Record<string, string>; body: string };

export function json(status: number, value: unknown, headers: Record<string, string> = {}): Reply {
  return {
    status,
    headers: { "Content-Type": "application/json; charset=utf-8", ...headers },
    body: JSON.stringify(value),
  };
}

/** The vendor's error envelope. */
export function failure(status: number, errorCode: string, details: string[] = [], headers = {}): Reply {
  return json(status, { httpStatusCode: status, errorCode, details, data: {} }, headers);
}

/** What stands in front of the vendor's servers when they are gone. */
export function badGatewayPage(): Reply {
  return {
    status: 502,
    headers: { "Content-Type": "text/html" },
    body: "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><h1>502 Bad Gateway</h1></body>\r\n</html>\r\n",
  };
}

export const EMPTY: Reply = { status: 200, headers: {}, body: "" };
/** The connection ends without an answer. */
export const CUT: Reply = { status: 0, headers: {}, body: "" };
