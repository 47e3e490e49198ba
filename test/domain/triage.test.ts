import { describe, expect, it } from "vitest";
import { FAULT_TREATMENT, FaultClass } from "../../shared/domain/fault.ts";
import { OutageCause } from "../../shared/domain/outage.ts";
import { type Evidence, triage } from "../../shared/domain/triage.ts";

const asksCustomer = (fault: FaultClass) => FAULT_TREATMENT[fault].actor === "customer";
const first = (said: FaultClass | undefined, changes: Partial<Evidence> = {}): Evidence => ({
  said,
  outage: undefined,
  failures: 1,
  standing: null,
  ...changes,
});

describe("a failed attempt is", () => {
  it.each<[string, Evidence, FaultClass]>([
    ["an exception of our own code: our fault", first(undefined), "our-fault"],
    ["an exception during an outage: still ours", first(undefined, { outage: "vendor-outage" }), "our-fault"],
    ["a timeout, once: transient", first("transient"), "transient"],
    ["a gateway's page at one device: transient", first("vendor-outage"), "transient"],
    ["a timeout while others fail too: the vendor", first("transient", { outage: "vendor-outage" }), "vendor-outage"],
    ["a page while others get it: the vendor", first("vendor-outage", { outage: "vendor-outage" }), "vendor-outage"],
    ["the 23rd timeout: transient still", first("transient", { failures: 23 }), "transient"],
    [
      "the 24th, nobody else's: unexplained",
      first("transient", { failures: 24, standing: "transient" }),
      "unexplained",
    ],
    ["the 25th: unexplained still", first("vendor-outage", { failures: 25, standing: "unexplained" }), "unexplained"],
    [
      "the 24th in an outage: the vendor",
      first("transient", { failures: 24, outage: "vendor-outage" }),
      "vendor-outage",
    ],
    ["408 asleep: the device", first("device-offline"), "device-offline"],
    ["408 asleep for the 25th time: the device", first("device-offline", { failures: 25 }), "device-offline"],
    [
      "408 asleep while others get 502: the device",
      first("device-offline", { outage: "vendor-outage" }),
      "device-offline",
    ],
    ["429: the rate", first("rate-limited"), "rate-limited"],
    ["429 again and again: the rate", first("rate-limited", { failures: 20 }), "rate-limited"],
    ["a refused renewal: the customer's login", first("credentials-revoked"), "credentials-revoked"],
    [
      "a refusal of a vendor that is down: the vendor",
      first("credentials-revoked", { outage: "vendor-outage" }),
      "vendor-outage",
    ],
    [
      "a refusal as everybody gets it: our client",
      first("credentials-revoked", { outage: "our-configuration" }),
      "our-configuration",
    ],
    [
      "a 401 as everybody gets it: our client",
      first("token-expired", { outage: "our-configuration" }),
      "our-configuration",
    ],
    ["missing rights: the customer", first("customer-must-act"), "customer-must-act"],
    [
      "missing rights as everybody has it: our client",
      first("customer-must-act", { outage: "our-configuration" }),
      "our-configuration",
    ],
    [
      "a 403 of a gateway that is down: the vendor",
      first("our-configuration", { outage: "vendor-outage" }),
      "vendor-outage",
    ],
    ["an unreadable answer: malformed", first("malformed-message"), "malformed-message"],
    [
      "an unreadable answer in an outage: the vendor",
      first("malformed-message", { outage: "vendor-outage" }),
      "vendor-outage",
    ],
    [
      "a timeout after the customer was told: what was told",
      first("transient", { failures: 25, standing: "customer-must-act" }),
      "customer-must-act",
    ],
    [
      "an outage after the customer was told: what was told",
      first("transient", { outage: "vendor-outage", standing: "credentials-revoked" }),
      "credentials-revoked",
    ],
    [
      "another cause than was told: that",
      first("credentials-revoked", { standing: "customer-must-act" }),
      "credentials-revoked",
    ],
    ["410: retired", first("api-retired", { outage: "vendor-outage" }), "api-retired"],
  ])("%s", (_, evidence, fault) => {
    expect(triage(evidence)).toBe(fault);
  });

  const all = FaultClass.options.flatMap((said) =>
    [undefined, ...OutageCause.options].flatMap((outage) =>
      [1, 24].flatMap((failures) =>
        [null, ...FaultClass.options].map((standing): Evidence => ({ said, outage, failures, standing })),
      ),
    ),
  );

  it("never the customer's to mend unless the vendor said so, now or when it was told", () => {
    const wrong = all.filter((evidence) => {
      const { said, standing } = evidence;
      const isSaid = [said, standing].some((fault) => fault && asksCustomer(fault));
      return asksCustomer(triage(evidence)) && !isSaid;
    });
    expect(wrong).toEqual([]);
  });

  it("not asked of a customer for the first time on the word of a vendor that is down", () => {
    const asked = all.filter(
      ({ outage, standing }) => outage === "vendor-outage" && !(standing && asksCustomer(standing)),
    );
    expect(asked.filter((evidence) => asksCustomer(triage(evidence)))).toEqual([]);
  });
});
