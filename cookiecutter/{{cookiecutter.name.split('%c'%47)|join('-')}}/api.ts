import { epochMs } from "../../../shared/domain/instant.ts";
import { VendorError } from "../../../shared/errors.ts";
import { call, faultOfStatus, parseBody, retryAfterMs } from "../../../shared/http.ts";
import type { CallKind, Connection } from "../../../shared/integration/contract.ts";
import { VendorDevice } from "./device.ts";
import { API_URL } from "./endpoint.ts";

const TIMEOUT_MS = 12_000;

/** The vendor's calls for one customer's token. Every method throws VendorError. TODO: the real paths and errors. */
export function vendorApi(connection: Connection, accessToken: string) {
  const request = async (kind: CallKind, method: "GET" | "POST", operation: string, path: string, body?: unknown) => {
    connection.count(kind);
    const answer = await call(connection.fetch, {
      method,
      url: new URL(path, connection.endpoint(API_URL)),
      operation,
      headers: { authorization: `Bearer ${accessToken}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      timeoutMs: TIMEOUT_MS,
    });
    if (answer.status < 300) return answer;
    throw new VendorError({
      fault: faultOfStatus(answer.status),
      operation,
      status: answer.status,
      message: `HTTP ${answer.status}`,
      retryAfterMs: retryAfterMs(answer.headers, epochMs(connection.now())),
      // An error of a gateway does not say whether the device was told.
      mayHaveActed: method === "POST" && answer.status >= 500,
    });
  };
  const device = (id: string) => `/v1/devices/${encodeURIComponent(id)}`;

  return {
    async device(id: string) {
      return parseBody(await request("data", "GET", "device", device(id)), VendorDevice, "device");
    },
    async command(id: string, body: Record<string, unknown>) {
      await request("command", "POST", "command", `${device(id)}/command`, body);
    },
  };
}
