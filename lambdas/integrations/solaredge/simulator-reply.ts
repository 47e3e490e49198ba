export type Reply = { status: number; headers: Record<string, string>; body: string };
export type Request = { method: string; url: URL; authorization: string | undefined; body: string };

/** The connection ends without an answer. */
export const CUT: Reply = { status: 0, headers: {}, body: "" };

export function json(status: number, value: unknown, headers: Record<string, string> = {}): Reply {
  return { status, headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(value) };
}

/** RFC 7807, as version 2 answers errors. */
export function problem(
  status: number,
  title: string,
  detail: string,
  { instance = "", ...headers }: Record<string, string> = {},
): Reply {
  const body = { type: "about:blank", title, status, detail, instance, properties: { traceId: "0".repeat(32) } };
  return json(status, body, { "Content-Type": "application/problem+json", ...headers });
}

export function badGatewayPage(): Reply {
  const body =
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<h1>502 Bad Gateway</h1>\r\n</body>\r\n</html>\r\n";
  return { status: 502, headers: { "Content-Type": "text/html" }, body };
}
