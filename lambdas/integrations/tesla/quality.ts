import type { QualityLedger } from "../../../shared/domain/quality.ts";

export const quality: QualityLedger = {
  reads: {
    owner: "done",
    "justified-polling": "done",
    "reading-fixtures": "done",
    "errors-mapped": "done",
    "limitations-written": "done",
  },
  controls: {
    "refusals-covered": "done",
    "asleep-covered": "done",
    "rate-limits-covered": "done",
    "expiry-honoured": "done",
    "verification-window": "done",
  },
  proven: {
    reauthentication: "done",
    "runbook-exercised": "todo",
    "verified-on-hardware": "todo",
  },
  verifiedOn: null,
};
