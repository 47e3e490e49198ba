import type { QualityLedger } from "../../../shared/domain/quality.ts";

export const quality: QualityLedger = {
  reads: {
    owner: "todo",
    "justified-polling": "todo",
    "reading-fixtures": "todo",
    "errors-mapped": "todo",
    "limitations-written": "todo",
  },
  controls: {
    "refusals-covered": "todo",
    "asleep-covered": "todo",
    "rate-limits-covered": "todo",
    "expiry-honoured": "todo",
    "verification-window": "todo",
  },
  proven: {
    reauthentication: "todo",
    "runbook-exercised": "todo",
    "verified-on-hardware": "todo",
  },
  verifiedOn: null,
};
