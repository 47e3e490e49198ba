import { describe, expect, it } from "vitest";
import { FAULT_TREATMENT, type FaultClass } from "../../shared/domain/fault.ts";
import { instant } from "../../shared/domain/instant.ts";
import { VendorError } from "../../shared/errors.ts";
import { Fixture, play } from "../conformance/fixture.ts";
import { loadFolder } from "../conformance/folder.ts";

const NOW = instant(Date.UTC(2026, 7, 24, 13, 5));
const VENDORS = ["easee", "viessmann", "myuplink", "solaredge"];
const REFUSALS = [400, 402, 403, 404, 405, 406, 409, 413, 415, 422, 451];
const TROUBLE = [500, 501, 502, 503, 504, 520, 522, 525, 530, 599];

type Answer = { status: number; body: unknown; headers?: Record<string, string> };

async function refusal(vendor: string, answer: Answer): Promise<VendorError> {
  const folder = await loadFolder(vendor);
  const fixture = Fixture.parse({
    case: "an error answer",
    call: "look",
    now: NOW,
    answers: [answer],
    expected: { fault: "transient" },
  });
  const played = await play(fixture, { ...folder, endpoints: folder.manifest.endpoints });
  if ("thrown" in played && played.thrown instanceof VendorError) return played.thrown;
  throw new Error(`no VendorError for ${vendor} ${answer.status}`);
}

const actorOf = ({ fault }: VendorError) => FAULT_TREATMENT[fault].actor;
const PAGES = [
  "<html><body>403 Forbidden: subscription, consent, scope, site, device offline</body></html>",
  "<!doctype html>\n<title>Just a moment...</title>",
  '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<HTML><HEAD></HEAD></HTML>',
];

describe.each(VENDORS)("what is not %s's own word", (vendor) => {
  it.each(PAGES)("as a page asks nothing of a customer, whatever its status: %s", async (body) => {
    for (const status of [...REFUSALS, ...TROUBLE]) {
      const error = await refusal(vendor, { status, body, headers: { "content-type": "text/html" } });
      expect(error, String(status)).toMatchObject({ fault: "vendor-outage", status, mayHaveActed: false });
    }
  });

  it.each([
    "",
    "upstream connect error or disconnect/reset before headers",
    "{}",
    "null",
    '"no"',
    "[]",
    '{"message":null}',
  ])("as trouble of a server asks nothing of a customer: %j", async (body) => {
    for (const status of TROUBLE)
      expect(actorOf(await refusal(vendor, { status, body })), String(status)).toBe("platform");
  });

  it.each(["", "OK", "{}", "null", "[]", "0", '{"data":{}}', '{"observations":"none"}', "<html></html>"])(
    "with status 200 is malformed: %j",
    async (body) => {
      expect(await refusal(vendor, { status: 200, body })).toMatchObject({ fault: "malformed-message" });
    },
  );

  it.each([
    [401, "", "token-expired"],
    [401, PAGES[0], "token-expired"],
    [410, "", "api-retired"],
    [429, "", "rate-limited"],
    [429, PAGES[1], "rate-limited"],
  ])("is told by its status alone: %i with %j", async (status, body, fault) => {
    expect(await refusal(vendor, { status, body })).toMatchObject({ fault });
  });

  it("may say when to come back, in seconds or as a date", async () => {
    for (const wait of ["90", new Date(Date.parse(NOW) + 90_000).toUTCString()]) {
      const error = await refusal(vendor, { status: 429, body: "", headers: { "retry-after": wait } });
      expect(error).toMatchObject({ fault: "rate-limited", retryAfterMs: 90_000 });
    }
  });
});

const own: readonly (readonly [vendor: string, fault: FaultClass, answer: Answer])[] = [
  [
    "easee",
    "our-fault",
    { status: 400, body: { errorCode: 101, errorCodeName: "ValidationFailed", title: "Bad Request" } },
  ],
  ["easee", "credentials-revoked", { status: 400, body: { errorCode: "100", errorCodeName: "InvalidUserPassword" } }],
  [
    "easee",
    "customer-must-act",
    { status: 403, body: { errorCode: 204, errorCodeName: "Forbidden", detail: "No access" } },
  ],
  ["easee", "rate-limited", { status: 403, body: "" }],
  ["easee", "rate-limited", { status: 429, body: { errorCode: 429, title: "Too Many Requests", status: 429 } }],
  ["viessmann", "token-expired", { status: 401, body: { error: "EXPIRED TOKEN" } }],
  ["viessmann", "transient", { status: 500, body: { viErrorId: "r", statusCode: 500, errorType: "INTERNAL_ERROR" } }],
  [
    "viessmann",
    "our-fault",
    { status: 400, body: { statusCode: 400, errorType: "VALIDATION_ERROR", extendedPayload: null } },
  ],
  [
    "viessmann",
    "transient",
    {
      status: 502,
      body: { errorType: "DEVICE_COMMUNICATION_ERROR", extendedPayload: { reason: "INTERNAL_SERVER_ERROR" } },
    },
  ],
  [
    "viessmann",
    "vendor-outage",
    { status: 400, body: { errorType: "DEVICE_COMMUNICATION_ERROR", extendedPayload: { code: 503, reason: null } } },
  ],
  [
    "viessmann",
    "device-offline",
    { status: 404, body: { errorType: "DEVICE_COMMUNICATION_ERROR", extendedPayload: { reason: "GATEWAY_OFFLINE" } } },
  ],
  [
    "viessmann",
    "quota-exhausted",
    { status: 429, body: { errorType: "RATE_LIMIT_EXCEEDED", extendedPayload: { limitReset: null } } },
  ],
  [
    "viessmann",
    "our-configuration",
    { status: 403, body: { errorType: "PACKAGE_NOT_PAID_FOR", extendedPayload: { monetization: {} } } },
  ],
  [
    "viessmann",
    "api-retired",
    { status: 410, body: { errorType: "GONE", extendedPayload: { sunsetDate: "2025-10-31T12:00:00.000Z" } } },
  ],
  [
    "myuplink",
    "transient",
    { status: 500, body: { httpStatusCode: 500, errorCode: "x", details: ["subscription"], data: {} } },
  ],
  [
    "myuplink",
    "our-fault",
    {
      status: 400,
      body: {
        type: "https://tools.ietf.org/html/rfc7231",
        title: "One or more validation errors occurred.",
        status: 400,
      },
    },
  ],
  [
    "myuplink",
    "customer-must-act",
    { status: 403, body: { httpStatusCode: 403, errorCode: "Forbidden", details: [] } },
  ],
  ["solaredge", "our-configuration", { status: 403, body: { String: "Invalid token" } }],
  [
    "solaredge",
    "our-configuration",
    { status: 403, body: { type: "about:blank", detail: "Upgrade your plan", instance: "/site/scope" } },
  ],
  [
    "solaredge",
    "customer-must-act",
    { status: 403, body: { type: "about:blank", detail: "Missing scope DEVICE_DATA" } },
  ],
  [
    "solaredge",
    "our-configuration",
    { status: 403, body: { detail: "Access denied", instance: "/v2/site/1000001/permission" } },
  ],
  ["solaredge", "token-expired", { status: 401, body: { title: "Unauthorized", detail: null } }],
  ["solaredge", "our-fault", { status: 400, body: { error: "Bad Request", message: "span" } }],
  ["solaredge", "api-retired", { status: 410, body: "Gone" }],
];

describe("a vendor's own envelope", () => {
  it.each(own)("of %s is %s: %j", async (vendor, fault, answer) => {
    expect((await refusal(vendor, answer)).fault).toBe(fault);
  });
});
