import type { Metric } from "aws-cdk-lib/aws-cloudwatch";
import { canCommand, type Manifest } from "../../shared/domain/manifest.ts";
import { headroomMetric, judged, scheduled } from "./headroom-metric.ts";

/** What the freshness of an integration's assets is counted from: metric math over `metrics`, 0 where nothing was counted. */
export type Freshness = { metrics: Record<string, Metric>; notRead: string; all: string };

/** Assets whose turn came, and commands whose proof was due: each is a look that was owed. */
export function freshness(manifest: Manifest, minutes: number): Freshness {
  const turns = {
    notRead: headroomMetric("assets_not_read", scheduled(manifest), "Sum", minutes),
    checked: headroomMetric("assets_checked", scheduled(manifest), "Sum", minutes),
  };
  if (!canCommand(manifest)) return { metrics: turns, notRead: "FILL(notRead, 0)", all: "FILL(checked, 0)" };
  return {
    metrics: { ...turns, unseen: headroomMetric("commands_unseen", judged(manifest), "Sum", minutes) },
    notRead: "(FILL(notRead, 0) + FILL(unseen, 0))",
    all: "(FILL(checked, 0) + FILL(unseen, 0))",
  };
}
