/** Of few values each, so that what is sent, and billed, does not grow with the fleet: never an asset or an account. */
export type Dimension = "service" | "integration" | "reason";

type Metric = {
  unit: "Count" | "Seconds" | "None";
  dimensions: readonly Dimension[];
  /** Mostly zero, and then not sent: a metric is billed for the hours that it is sent in. */
  sparse: boolean;
};

const OF_SERVICE = ["service"] as const;
const OF_INTEGRATION = ["service", "integration"] as const;

/** Namespace `Headroom`: every metric that functions send and alarms read. docs/metrics.md says what each means. */
export const METRICS = {
  assets_checked: { unit: "Count", dimensions: OF_INTEGRATION, sparse: false },
  assets_not_read: { unit: "Count", dimensions: OF_INTEGRATION, sparse: false },
  vendor_down: { unit: "Count", dimensions: OF_INTEGRATION, sparse: true },
  scheduler_lag_seconds: { unit: "Seconds", dimensions: OF_SERVICE, sparse: false },
  stored_rows_refused: { unit: "Count", dimensions: OF_SERVICE, sparse: true },

  looks: { unit: "Count", dimensions: OF_INTEGRATION, sparse: false },
  looks_failed_vendor: { unit: "Count", dimensions: OF_INTEGRATION, sparse: true },
  looks_failed_ours: { unit: "Count", dimensions: OF_INTEGRATION, sparse: true },
  readings_quarantined: { unit: "Count", dimensions: OF_INTEGRATION, sparse: true },
  logins_used: { unit: "Count", dimensions: OF_INTEGRATION, sparse: false },
  logins_lost: { unit: "Count", dimensions: OF_INTEGRATION, sparse: true },
  vendor_words_unknown: { unit: "Count", dimensions: OF_INTEGRATION, sparse: true },
  vendor_cost_usd: { unit: "None", dimensions: OF_INTEGRATION, sparse: false },
  budget_blocked: { unit: "Count", dimensions: OF_INTEGRATION, sparse: true },
  budget_refused: { unit: "Count", dimensions: OF_INTEGRATION, sparse: true },
  budget_without_assets: { unit: "Count", dimensions: OF_INTEGRATION, sparse: true },
  budget_not_given_back: { unit: "Count", dimensions: OF_INTEGRATION, sparse: true },
  ramp_refused: { unit: "Count", dimensions: OF_INTEGRATION, sparse: true },
  telemetry_refused: { unit: "Count", dimensions: OF_INTEGRATION, sparse: true },

  commands_confirmed: { unit: "Count", dimensions: OF_INTEGRATION, sparse: false },
  commands_missed: { unit: "Count", dimensions: OF_INTEGRATION, sparse: true },
  commands_unseen: { unit: "Count", dimensions: OF_INTEGRATION, sparse: true },
  commands_unknown: { unit: "Count", dimensions: OF_INTEGRATION, sparse: true },
  verdicts_failed: { unit: "Count", dimensions: OF_SERVICE, sparse: true },
  ledger_rows_unreadable: { unit: "Count", dimensions: OF_SERVICE, sparse: true },

  ticks: { unit: "Count", dimensions: OF_SERVICE, sparse: false },

  plans_stale: { unit: "Count", dimensions: OF_SERVICE, sparse: true },
  portfolios_given_up: { unit: "Count", dimensions: OF_SERVICE, sparse: true },

  price_hours_ahead: { unit: "None", dimensions: OF_SERVICE, sparse: false },
  carbon_hours_ahead: { unit: "None", dimensions: OF_SERVICE, sparse: false },
  signal_points_dropped: { unit: "Count", dimensions: OF_SERVICE, sparse: true },

  dynamodb_throttles: { unit: "Count", dimensions: ["reason"], sparse: true },
} as const satisfies Record<string, Metric>;
export type MetricName = keyof typeof METRICS;

/** Why DynamoDB throttled: a key of ours that is hot, a quota of the account, a limit of the table, or not told. */
export type ThrottleReason = "hot-key" | "account-limit" | "table-limit" | "other";

/** The metrics that can be sent where so much is known. */
export type MetricOf<Known extends Dimension> = {
  [Name in MetricName]: (typeof METRICS)[Name]["dimensions"][number] extends Known ? Name : never;
}[MetricName];
