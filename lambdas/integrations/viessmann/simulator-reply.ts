export type Reply = { status: number; headers: Record<string, string>; body: string };

export function json(status: number, value: unknown): Reply {
  return { status, headers: { "Content-Type": "application/json; charset=utf-8" }, body: JSON.stringify(value) };
}

/** The vendor's error envelope. */
export function failure(status: number, errorType: string, message: string, extendedPayload?: object): Reply {
  return json(status, {
    viErrorId: "00-00000000000000000000000000000000-0000000000000000-00",
    statusCode: status,
    errorType,
    message,
    ...(extendedPayload ? { extendedPayload } : {}),
  });
}

export function unreached(reason: string, code = "404"): Reply {
  return failure(400, "DEVICE_COMMUNICATION_ERROR", "Device communication error", {
    httpStatusCode: "NotFound",
    code,
    reason,
  });
}

export function tooMany(name: string, requestCountLimit: number, limitReset: number): Reply {
  const message = "API calls rate limit has been exceeded. Please wait until your limit will renew.";
  return failure(429, "RATE_LIMIT_EXCEEDED", message, { clientId: "XXXX", limitReset, name, requestCountLimit });
}

export const EXPIRED: Reply = json(401, { statusCode: 401, errorType: "UNAUTHORIZED", error: "EXPIRED TOKEN" });
export const TAKEN: Reply = json(202, { data: { success: true, reason: "COMMAND_EXECUTION_SUCCESS" } });
export const NOT_TAKEN: Reply = json(200, { data: { success: false, reason: "COMMAND_EXECUTION_FAILED" } });
export const EMPTY: Reply = { status: 200, headers: {}, body: "" };
/** The connection ends without an answer. */
export const CUT: Reply = { status: 0, headers: {}, body: "" };

/** What stands in front of Viessmann's servers when they are gone. */
export const BAD_GATEWAY_PAGE: Reply = {
  status: 502,
  headers: { "Content-Type": "text/html" },
  body: "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n",
};
