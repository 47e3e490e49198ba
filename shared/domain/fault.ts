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
]);
export type FaultClass = z.infer<typeof FaultClass>;

type Treatment = {
  /** May the same call succeed if repeated later without anybody changing anything? */
  retry: boolean;
  /** Who has the next move. */
  actor: "platform" | "customer" | "operator" | "vendor";
  /** The next step, as a sentence for the one who has the move. */
  nextStep: string;
};

/** What each class means for retries and for people. */
export const FAULT_TREATMENT: Record<FaultClass, Treatment> = {
  "device-offline": {
    retry: true,
    actor: "platform",
    nextStep: "Wait for the device to come back; wake it only to act.",
  },
  transient: { retry: true, actor: "platform", nextStep: "Repeat with a delay." },
  "vendor-outage": {
    retry: true,
    actor: "vendor",
    nextStep: "Watch the vendor's status page; control resumes by itself.",
  },
  "rate-limited": { retry: true, actor: "platform", nextStep: "Wait for the time the vendor gave." },
  "quota-exhausted": { retry: false, actor: "operator", nextStep: "Raise the vendor budget or wait for its reset." },
  "token-expired": { retry: true, actor: "platform", nextStep: "Refresh the token once and repeat." },
  "credentials-revoked": { retry: false, actor: "customer", nextStep: "Ask the customer to reconnect the account." },
  "customer-must-act": { retry: false, actor: "customer", nextStep: "Tell the customer what the detail says." },
  "unsupported-by-device": { retry: false, actor: "operator", nextStep: "Hide this capability for the device." },
  "our-configuration": { retry: false, actor: "operator", nextStep: "Correct the vendor application's set-up." },
  "our-fault": { retry: false, actor: "operator", nextStep: "Correct the request we send; never repeat it unchanged." },
  "malformed-message": {
    retry: true,
    actor: "operator",
    nextStep: "Compare the answer's shape with the schema in api.ts.",
  },
  "api-retired": {
    retry: false,
    actor: "operator",
    nextStep: "Move the integration to the vendor's current interface.",
  },
};
