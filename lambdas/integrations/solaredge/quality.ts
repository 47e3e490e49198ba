import type { QualityLedger } from "../../../shared/domain/quality.ts";

const READ_ONLY = { exempt: "a site is read and takes no commands" };

export const quality: QualityLedger = {
  reads: {
    owner: "done",
    "justified-polling": "done",
    "reading-fixtures": "done",
    "errors-mapped": "done",
    "limitations-written": "done",
  },
  controls: {
    "refusals-covered": READ_ONLY,
    "asleep-covered": READ_ONLY,
    "rate-limits-covered": READ_ONLY,
    "expiry-honoured": READ_ONLY,
    "verification-window": READ_ONLY,
  },
  proven: {
    reauthentication: "todo",
    "runbook-exercised": "todo",
    "verified-on-hardware": "todo",
  },
  verifiedOn: null,
};
