import * as z from "zod";

/** The closed vocabulary of what can go wrong between us, a vendor's cloud and a device. */
export const FaultClass = z.enum([
  "device-offline",
  "transient",
  "vendor-outage",
  "rate-limited",
  "quota-exhausted",
  "token-expired",
  "credentials-revoked",
  "customer-must-act",
  "unsupported-by-device",
  "our-configuration",
  "our-fault",
  "malformed-message",
  "api-retired",
  "unexplained",
]);
export type FaultClass = z.infer<typeof FaultClass>;

type Treatment = {
  /** May the same call succeed if repeated later without anybody changing anything? */
  retry: boolean;
  /** Who has the next move. */
  actor: "platform" | "customer" | "operator" | "vendor";
  /** Who has it in common: people are told of it once for all of them. */
  sharedBy: "asset" | "account" | "integration";
  /** The next step, as a sentence for the one who has the move. */
  nextStep: string;
};

/** What each class means for retries and for people. */
export const FAULT_TREATMENT: Record<FaultClass, Treatment> = {
  "device-offline": {
    retry: true,
    actor: "platform",
    sharedBy: "asset",
    nextStep: "Wait for the device to come back; wake it only to act.",
  },
  transient: { retry: true, actor: "platform", sharedBy: "asset", nextStep: "Repeat with a delay." },
  "vendor-outage": {
    retry: true,
    actor: "vendor",
    sharedBy: "integration",
    nextStep: "Watch the vendor's status page; control resumes by itself.",
  },
  "rate-limited": {
    retry: true,
    actor: "platform",
    sharedBy: "integration",
    nextStep: "Wait for the time the vendor gave; where it comes back, lower the budget in the manifest.",
  },
  "quota-exhausted": {
    retry: false,
    actor: "operator",
    sharedBy: "integration",
    nextStep: "Raise the vendor budget or wait for its reset.",
  },
  "token-expired": {
    retry: true,
    actor: "platform",
    sharedBy: "account",
    nextStep: "Refresh the token once and repeat.",
  },
  "credentials-revoked": {
    retry: false,
    actor: "customer",
    sharedBy: "account",
    nextStep: "Ask the customer to reconnect the account.",
  },
  "customer-must-act": {
    retry: false,
    actor: "customer",
    sharedBy: "asset",
    nextStep: "Tell the customer what the detail says.",
  },
  "unsupported-by-device": {
    retry: false,
    actor: "operator",
    sharedBy: "asset",
    nextStep: "Hide this capability for the device.",
  },
  "our-configuration": {
    retry: false,
    actor: "operator",
    sharedBy: "integration",
    nextStep: "Correct the vendor application's set-up.",
  },
  "our-fault": {
    retry: false,
    actor: "operator",
    sharedBy: "asset",
    nextStep: "Correct the request we send; never repeat it unchanged.",
  },
  "malformed-message": {
    retry: true,
    actor: "operator",
    sharedBy: "asset",
    nextStep: "Compare the answer's shape with the schema in api.ts.",
  },
  "api-retired": {
    retry: false,
    actor: "operator",
    sharedBy: "integration",
    nextStep: "Move the integration to the vendor's current interface.",
  },
  unexplained: {
    retry: true,
    actor: "operator",
    sharedBy: "asset",
    nextStep: "Read its POLL_FAILED lines: it fails again and again, others do not, and nothing tells why.",
  },
};

/** Is it told to somebody outside the platform? A vendor's outage is announced for all of its assets at once. */
export function isTold(fault: FaultClass): boolean {
  const { actor } = FAULT_TREATMENT[fault];
  return actor === "customer" || actor === "operator";
}
