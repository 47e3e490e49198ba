import type { Metric } from "aws-cdk-lib/aws-cloudwatch";
import type { Manifest } from "../../shared/domain/manifest.ts";
import { headroomMetric, judged, scheduled } from "./headroom-metric.ts";

/**
 * What the freshness of an integration's assets is counted from, in metric math: assets whose turn came, and commands whose
 * proof was due. Each is a look that was owed; 0 where nothing was counted.
 */
export const FRESHNESS = {
  notRead: "(FILL(notRead, 0) + FILL(unseen, 0))",
  all: "(FILL(checked, 0) + FILL(unseen, 0))",
  metrics: (manifest: Manifest, minutes: number): Record<string, Metric> => ({
    notRead: headroomMetric("assets_not_read", scheduled(manifest), "Sum", minutes),
    checked: headroomMetric("assets_checked", scheduled(manifest), "Sum", minutes),
    unseen: headroomMetric("commands_unseen", judged(manifest), "Sum", minutes),
  }),
};
