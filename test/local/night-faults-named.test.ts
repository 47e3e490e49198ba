import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asksInVain, faultsNamed, type Naming, type NightInjection, truthOf } from "../../local/night/faults-named.ts";
import { faultsNamedLines } from "../../local/night/faults-text.ts";
import { FaultClass } from "../../shared/domain/fault.ts";
import { HOUR_MS, MINUTE_MS } from "../../shared/domain/instant.ts";

const T = Date.parse("2026-01-14T18:00Z");

function aNaming(changes: Partial<Naming> = {}): Naming {
  return {
    atMs: T,
    assetId: "car-0001",
    accountId: "customer-0001",
    integration: "acme",
    raised: "vendor-outage",
    ...changes,
  };
}

/** An outage of everything at this vendor, half an hour long, that is on at T. */
function anInjection(changes: Partial<NightInjection> = {}): NightInjection {
  return {
    integration: "acme",
    kind: "outage",
    faultClass: "vendor-outage",
    fromMs: T - 10 * MINUTE_MS,
    toMs: T + 20 * MINUTE_MS,
    ...changes,
  };
}

describe("what a named fault truly was", () => {
  it.each<[string, NightInjection[], ReturnType<typeof truthOf>]>([
    ["nothing, when nothing was injected", [], "nothing injected"],
    ["what everybody at this vendor suffers", [anInjection()], "vendor-outage"],
    ["what this asset suffers", [anInjection({ assetId: "car-0001" })], "vendor-outage"],
    ["what this account suffers", [anInjection({ accountId: "customer-0001" })], "vendor-outage"],
    ["not what another asset suffers", [anInjection({ assetId: "car-0002" })], "nothing injected"],
    ["not what another account suffers", [anInjection({ accountId: "customer-0002" })], "nothing injected"],
    [
      "not what another asset of the same account suffers",
      [anInjection({ assetId: "car-0002", accountId: "customer-0001" })],
      "nothing injected",
    ],
    ["not what another vendor suffers", [anInjection({ integration: "other" })], "nothing injected"],
    ["not what begins later", [anInjection({ fromMs: T + 1 })], "nothing injected"],
    ["what begins at that moment", [anInjection({ fromMs: T })], "vendor-outage"],
    ["what was over two hours before", [anInjection({ fromMs: 0, toMs: T - 2 * HOUR_MS })], "vendor-outage"],
    ["not what was over earlier", [anInjection({ fromMs: 0, toMs: T - 2 * HOUR_MS - 1 })], "nothing injected"],
    ["a trouble that should not have been noticed", [anInjection({ faultClass: null })], "absorbed"],
    [
      "of several, the one that has the name",
      [anInjection(), anInjection({ faultClass: "device-offline", fromMs: T - MINUTE_MS })],
      "vendor-outage",
    ],
    [
      "of several with other names, the last to begin",
      [
        anInjection({ faultClass: "transient", fromMs: T - 5 * MINUTE_MS }),
        anInjection({ faultClass: "device-offline", fromMs: T - MINUTE_MS }),
        anInjection({ faultClass: "rate-limited", fromMs: T - 9 * MINUTE_MS }),
      ],
      "device-offline",
    ],
    [
      "of several with other names, the last even if it should have been absorbed",
      [anInjection({ faultClass: "transient" }), anInjection({ faultClass: null, fromMs: T - MINUTE_MS })],
      "absorbed",
    ],
    [
      "of several with other names, none that only a command meets",
      [
        anInjection({ faultClass: "transient" }),
        anInjection({ faultClass: "customer-must-act", onlyIfAsked: true, fromMs: T - MINUTE_MS }),
      ],
      "transient",
    ],
    [
      "what only a command meets, when there is nothing else",
      [anInjection({ faultClass: "customer-must-act", onlyIfAsked: true })],
      "customer-must-act",
    ],
  ])("is %s", (_what, injections, truth) => {
    expect(truthOf(aNaming(), injections)).toBe(truth);
  });

  it("does not depend on the order in which the injections are told", () => {
    const anyInjection = fc.record({
      faultClass: fc.constantFrom<FaultClass | null>("transient", "device-offline", null),
      // Distinct, so that one of them is the last.
      fromMs: fc.integer({ min: T - HOUR_MS, max: T }),
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(anyInjection, { maxLength: 6, selector: ({ fromMs }) => fromMs }),
        fc.constantFrom<FaultClass>("transient", "rate-limited"),
        (drawn, raised) => {
          const injections = drawn.map((changes) => anInjection(changes));
          expect(truthOf(aNaming({ raised }), injections.toReversed())).toBe(truthOf(aNaming({ raised }), injections));
        },
      ),
    );
  });
});

describe("a customer is asked in vain", () => {
  it.each<[FaultClass, Parameters<typeof asksInVain>[0]["truth"], boolean]>([
    ["customer-must-act", "vendor-outage", true],
    ["credentials-revoked", "token-expired", true],
    ["credentials-revoked", "nothing injected", true],
    ["customer-must-act", "absorbed", true],
    ["customer-must-act", "customer-must-act", false],
    ["customer-must-act", "credentials-revoked", false],
    ["credentials-revoked", "customer-must-act", false],
    ["vendor-outage", "customer-must-act", false],
  ])("with %s where it is truly %s: %s", (raised, truth, inVain) => {
    expect(asksInVain({ raised, truth })).toBe(inVain);
  });
});

describe("the names of a night", () => {
  const injections = [anInjection(), anInjection({ assetId: "car-0002", faultClass: "customer-must-act" })];
  const named = faultsNamed(
    [
      aNaming(),
      aNaming({ raised: "transient" }),
      aNaming({ assetId: "car-0002", accountId: "customer-0002", raised: "customer-must-act" }),
      aNaming({ integration: "other", raised: "customer-must-act" }),
    ],
    injections,
  );

  it("are counted by what was true and what was said", () => {
    expect(named).toMatchObject({ named: 4, right: 2, rightPercent: 50, wronglyCustomerMustAct: 1 });
    expect(named.matrix).toEqual([
      { truth: "customer-must-act", raised: { "customer-must-act": 1 } },
      { truth: "nothing injected", raised: { "customer-must-act": 1 } },
      { truth: "vendor-outage", raised: { transient: 1, "vendor-outage": 1 } },
    ]);
    expect(named.wrong).toEqual([
      { at: "2026-01-14T18:00:00.000Z", assetId: "car-0001", raised: "transient", truth: "vendor-outage" },
      { at: "2026-01-14T18:00:00.000Z", assetId: "car-0001", raised: "customer-must-act", truth: "nothing injected" },
    ]);
  });

  it("have no share of right ones when there are none", () => {
    expect(faultsNamed([], injections)).toEqual({
      named: 0,
      right: 0,
      rightPercent: null,
      wronglyCustomerMustAct: 0,
      matrix: [],
      wrong: [],
    });
  });

  it("all stand in the matrix, once each", () => {
    const anyNaming = fc.record({
      raised: fc.constantFrom(...FaultClass.options),
      assetId: fc.constantFrom("car-0001", "car-0002"),
      atMs: fc.integer({ min: T - 4 * HOUR_MS, max: T + 4 * HOUR_MS }),
    });
    fc.assert(
      fc.property(fc.array(anyNaming), (drawn) => {
        const all = faultsNamed(
          drawn.map((changes) => aNaming(changes)),
          injections,
        );
        const cells = all.matrix.flatMap(({ truth, raised }) =>
          Object.entries(raised).map(([name, times]) => ({ isRight: name === truth, times })),
        );
        const sum = (some: typeof cells) => some.reduce((total, { times }) => total + times, 0);
        expect(sum(cells)).toBe(drawn.length);
        expect(sum(cells.filter(({ isRight }) => isRight))).toBe(all.right);
        expect(all.wrong).toHaveLength(all.named - all.right);
      }),
    );
  });

  it("are drawn as a table of the rows and columns that are not empty, with a legend", () => {
    expect(faultsNamedLines(named)).toEqual([
      "Faults named: 2 of 4 rightly (50.0 %), 1 wrongly for the customer to act on",
      "  truly \\ named            a   b   c",
      "  customer-must-act        1   .   .",
      "  nothing injected         1   .   .",
      "  vendor-outage            .   1   1",
      "  a customer-must-act, b transient, c vendor-outage",
    ]);
    expect(faultsNamedLines(faultsNamed([], []))).toEqual(["Faults named: none"]);
  });

  it("fit into 80 columns when every class is truth and name at once", () => {
    const everyone = FaultClass.options.flatMap((raised) =>
      FaultClass.options.map((truth) => ({ raised, assetId: truth })),
    );
    const lines = faultsNamedLines(
      faultsNamed(
        everyone.map((changes) => aNaming(changes)),
        FaultClass.options
          .filter((one) => one !== "transient")
          .map((faultClass) => anInjection({ faultClass, assetId: faultClass })),
      ),
    );
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines.filter((line) => line.startsWith("  nothing injected"))).toHaveLength(1);
    expect(lines.length).toBeGreaterThan(FaultClass.options.length + 2);
  });
});
