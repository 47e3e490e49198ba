import { describe, expect, it } from "vitest";
import { BadInput } from "../../local/feeds/bad-input.ts";
import { Asset } from "../../shared/domain/asset.ts";
import { type Instant, parseInstant, plusMs } from "../../shared/domain/instant.ts";
import { aCommand, anAsset, fakePlatform, heatPumpInput, missed, NOW, runOps } from "./ops-world.ts";

const at = (minutes: number): Instant => plusMs(NOW, minutes * 60_000);
const LEDGER = [
  missed(
    "customer-must-act",
    "the charger offers no power: its own schedule, a tripped supply or load management",
    at(-1),
  ),
  aCommand({
    issuedAt: at(-40),
    notBefore: at(-39),
    endedAt: plusMs(at(-39), 65_000),
    status: "confirmed",
    action: { kind: "charge.stop" },
    reason: "waiting for a cheaper window",
    withoutEffect: true,
    evidence: "reading of 2026-01-14T21:26:59.000Z: stopped, 0.0 kW",
  }),
];

describe("ops commands", () => {
  it("lists the ledger newest first, with the proof and how long it took after its moment", async () => {
    const { target } = fakePlatform({ assets: [anAsset()], commands: LEDGER });
    const { code, out } = await runOps(["commands", "car-0001"], target);
    expect(code).toBe(0);
    expect(out).toBe(`car-0001 on the local platform, times of Europe/London (UTC+00:00)
issued           action      status     confirmed    try  fault
14 Jan 21:53:00  start 32 A  missed     -            1    customer-must-act
    cheapest; the charger offers no power: its own schedule, a tripped supply or
    load management
14 Jan 21:25:00  stop        confirmed  1 min 5 s    1
    waiting for a cheaper window; it was so already; reading of
    2026-01-14T21:26:59.000Z: stopped, 0.0 kW
`);
  });

  it("orders by when they were issued, whatever the store's order", async () => {
    const { target } = fakePlatform({ assets: [anAsset()], commands: LEDGER.toReversed() });
    const { out } = await runOps(["commands", "car-0001", "--json"], target);
    expect(JSON.parse(out)).toMatchObject([
      { status: "missed", confirmedAfterMs: null },
      { status: "confirmed", confirmedAfterMs: 65_000 },
    ]);
  });

  it("lists a heat pump's modes, the fault below where a line is too narrow for it", async () => {
    const own = { assetId: "heat-pump-0001", integration: "warm" };
    const mode = (wanted: "boost" | "reduced") => ({ ...own, action: { kind: "heat.mode", mode: wanted } as const });
    const commands = [
      aCommand({ ...mode("reduced"), issuedAt: at(-5) }),
      aCommand({ ...mode("boost"), issuedAt: at(-65), status: "rejected", faultClass: "unsupported-by-device" }),
    ];
    const { target } = fakePlatform({ assets: [Asset.parse(heatPumpInput())], commands });
    const { out } = await runOps(["commands", "heat-pump-0001"], target);
    expect(out).toBe(`heat-pump-0001 on the local platform, times of Europe/London (UTC+00:00)
issued           action        status     confirmed    try  fault
14 Jan 22:00:00  heat reduced  accepted   -            1
    cheapest
14 Jan 21:00:00  heat boost    rejected   -            1
    unsupported-by-device
    cheapest
`);
  });

  it("stays within 80 columns when the clocks have changed since", async () => {
    const old = aCommand({
      issuedAt: parseInstant("2025-07-01T00:00:00Z"),
      status: "rejected",
      faultClass: "unsupported-by-device",
    });
    const { target } = fakePlatform({ assets: [anAsset()], commands: [old] });
    const { out } = await runOps(["commands", "car-0001"], target);
    expect(out).toContain("01 Jul 01:00:00+01:00  start 32 A  rejected   -            1\n    unsupported-by-device\n");
  });

  it("shows as many as asked for", async () => {
    const { target } = fakePlatform({ assets: [anAsset()], commands: LEDGER });
    const { out } = await runOps(["commands", "car-0001", "--limit", "1"], target);
    expect(out.match(/cheap/g)).toHaveLength(1);
  });

  it("says that there is none", async () => {
    const { target } = fakePlatform({ assets: [anAsset()] });
    expect((await runOps(["commands", "car-0001"], target)).out).toBe(
      "car-0001 on the local platform: no command yet.\n",
    );
    expect((await runOps(["commands", "car-0001", "--json"], target)).out).toBe("[]\n");
  });

  it.each(["0", "-1", "1.5", "ten", "1001", ""])("refuses the limit %j", async (limit) => {
    const { code, err } = await runOps(["commands", "car-0001", "--limit", limit], fakePlatform().target);
    expect(code).toBe(2);
    expect(err).toContain("It must be a whole number from 1 to 1000.");
  });
});

describe("the ops command line", () => {
  it.each<[what: string, args: string[], says: string]>([
    ["no command", [], "Usage: npm run ops --"],
    ["an unknown command", ["frob"], "unknown command 'frob'"],
    ["an unknown stage", ["--stage", "test", "status", "car-0001"], "Allowed choices are dev, prod"],
    ["no asset", ["status"], "missing required argument 'asset'"],
    ["an unknown option", ["status", "car-0001", "--yaml"], "unknown option '--yaml'"],
  ])("refuses %s with exit code 2", async (_, args, says) => {
    const { code, err } = await runOps(args, fakePlatform().target);
    expect(code).toBe(2);
    expect(err).toContain(says);
  });

  it("helps with exit code 0", async () => {
    const { code, out } = await runOps(["--help"], fakePlatform().target);
    expect(code).toBe(0);
    for (const name of ["enrol", "link", "status", "commands"]) expect(out).toContain(name);
  });

  const named = (name: string, message: string) => Object.assign(new Error(message), { name });
  it.each<[what: string, error: Error, code: number, says: string]>([
    ["no platform", new BadInput("No local platform is running."), 2, "No local platform is running.\n"],
    ["no credentials", named("CredentialsProviderError", "Could not load"), 1, "No usable AWS credentials were found"],
    ["no region", new Error("Region is missing"), 1, "No AWS region is set"],
    ["old credentials", named("ExpiredTokenException", "expired"), 1, "have expired: sign in again"],
    [
      "missing rights",
      named("AccessDeniedException", "not authorized to perform: dynamodb:GetItem"),
      1,
      "AWS refuses this",
    ],
    ["an error without words", Object.assign(new AggregateError([]), { code: "ECONNREFUSED" }), 1, "ECONNREFUSED"],
  ])("tells %s in one line", async (_, error, code, says) => {
    const ran = await runOps(["status", "car-0001"], error);
    expect(ran.code).toBe(code);
    expect(ran.err).toContain(says);
    expect(ran.err.trimEnd()).not.toContain("\n");
  });
});
