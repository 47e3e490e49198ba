import { describe, expect, it } from "vitest";
import { createLog, LOG_CODES, redactText } from "../../shared/log.ts";

const VIN = "5YJ3E1EA7KF000001";
const TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJjdXN0b21lciJ9.c2lnbmF0dXJlLW9mLXRva2Vu";

/** A log that writes into a list, one parsed line each. */
function captured() {
  const lines: Record<string, unknown>[] = [];
  const log = createLog({
    service: "tesla",
    now: () => new Date("2026-11-20T18:00:00.000Z"),
    destination: { write: (line: string) => void lines.push(JSON.parse(line)) },
  });
  return { log, lines, text: () => JSON.stringify(lines) };
}

describe("a log line", () => {
  it("has level, service, time, code and the code's sentence", () => {
    const { log, lines } = captured();
    log.info("PLAN_MADE", { assetId: "car-0001", windows: 2 });
    expect(lines).toEqual([
      {
        level: "info",
        service: "tesla",
        time: "2026-11-20T18:00:00.000Z",
        code: "PLAN_MADE",
        message: LOG_CODES.PLAN_MADE,
        assetId: "car-0001",
        windows: 2,
      },
    ]);
  });

  it("carries the fields of the log it was derived from", () => {
    const { log, lines } = captured();
    log.with({ requestId: "r-1" }).with({ assetId: "car-0001" }).warn("POLL_FAILED", { fault: "transient" });
    expect(lines[0]).toMatchObject({ level: "warn", requestId: "r-1", assetId: "car-0001", fault: "transient" });
  });

  it("names an error, its cause and where it was thrown", () => {
    const { log, lines } = captured();
    log.error("INVOCATION_FAILED", new TypeError("no such thing", { cause: new Error("deeper down") }));
    expect(lines[0]).toMatchObject({
      level: "error",
      errorName: "TypeError",
      errorMessage: "no such thing",
      errorCause: "deeper down",
      stack: expect.stringContaining("log.test.ts"),
    });
  });

  it("can tell of something thrown that is no error", () => {
    const { log, lines } = captured();
    log.error("INVOCATION_FAILED", `refused ${VIN}`);
    expect(lines[0]).toMatchObject({ errorMessage: "refused [vin]" });
  });
});

describe("redaction", () => {
  it.each([
    "accessToken",
    "refreshToken",
    "token",
    "authorization",
    "clientSecret",
    "password",
    "vin",
    "vendorAssetId",
    "latitude",
    "longitude",
  ])("hides field %s, also one level down and in derived logs", (field) => {
    const { log, lines, text } = captured();
    log.info("POLL_FAILED", { [field]: "sensitive-value" });
    log.info("POLL_FAILED", { asset: { [field]: "sensitive-value" } } as never);
    log.with({ [field]: "sensitive-value" }).info("POLL_FAILED");
    expect(text()).not.toContain("sensitive-value");
    expect(lines[0]?.[field]).toBe("[redacted]");
  });

  it("hides tokens and VINs in the words of errors, causes and stacks", () => {
    const { log, text } = captured();
    const cause = new Error(`GET /vehicles/${VIN}/vehicle_data`);
    log.error("POLL_FAILED", new Error(`refused bearer ${TOKEN} for ${VIN}`, { cause }));
    expect(text()).not.toContain(VIN);
    expect(text()).not.toContain(TOKEN);
    expect(text()).toContain("refused bearer [token] for [vin]");
  });

  it("hides tokens and VINs in the words of any field", () => {
    const { log, text } = captured();
    log.info("COMMAND_REJECTED", { reason: `vehicle ${VIN} said no`, assetId: "car-0001" });
    log.with({ evidence: `token ${TOKEN}` }).warn("COMMAND_UNKNOWN", { reason: `refresh_token=abc123&x=1` });
    expect(text()).not.toContain(VIN);
    expect(text()).not.toContain(TOKEN);
    expect(text()).not.toContain("abc123");
    expect(text()).toContain("vehicle [vin] said no");
    expect(text()).toContain("car-0001");
  });

  it.each([
    [`vehicle ${VIN}.`, "vehicle [vin]."],
    [`"${VIN}"`, '"[vin]"'],
    [`/api/1/vehicles/${VIN}/wake_up`, "/api/1/vehicles/[vin]/wake_up"],
    [`Bearer ${TOKEN}`, "Bearer [token]"],
    ["grant?code=abc&state=1", "grant?code=[redacted]&state=1"],
    ["client_secret=hush refresh_token=hush2", "client_secret=[redacted] refresh_token=[redacted]"],
    ['{"refresh_token":"hush","n":1}', '{"refresh_token":"[redacted]","n":1}'],
    ["user kim.private+ev@mail.example.org said no", "user [address] said no"],
    ["parked at 51.50735,-0.12776", "parked at [place]"],
    ['{"latitude":51.5,"longitude": -0.12}', '{"latitude=[place],"longitude=[place]}'],
  ])("of %s", (text, expected) => {
    expect(redactText(text)).toBe(expected);
  });

  it.each([
    "2026-11-21T02:00:00.000Z-0123456789abcdef",
    "2026-11-21T02:00:00.000Z#charge#0",
    "car-0001",
    "dynamodb.eu-west-2.amazonaws.com refused the connection",
    "the device answered stopped at 0.0 kW",
    "CREDENTIALSREVOKED",
    "portfolio main@C was planned",
    "at send (/var/task/node_modules/@smithy/core/dist/index.js:51:12)",
    "zod@4.1.12 of 1.5 kWh, 2.25 kW",
  ])("leaves our own ids and words alone: %s", (text) => {
    expect(redactText(text)).toBe(text);
  });
});
