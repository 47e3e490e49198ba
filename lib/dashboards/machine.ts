import { Duration } from "aws-cdk-lib";
import { Metric } from "aws-cdk-lib/aws-cloudwatch";
import type { Manifest } from "../../shared/domain/manifest.ts";
import type { ThrottleReason } from "../../shared/domain/metric.ts";
import { headroomMetric, own } from "../alarms/headroom-metric.ts";
import type { HouseFunction } from "../house-function.ts";
import type { WorkQueue } from "../work-queue.ts";
import { type Chart, counted, type Dashboard, level } from "./chart.ts";

/** What a stage runs. */
export type Parts = {
  manifests: readonly Manifest[];
  functions: readonly HouseFunction[];
  queues: readonly WorkQueue[];
};

const MINUTES = 5;
const REASONS: readonly ThrottleReason[] = ["hot-key", "account-limit", "table-limit", "other"];

/** For whoever is on call: where work fails, waits or is turned away. */
export function machine({ manifests, functions, queues }: Parts): Dashboard {
  return {
    id: "machine",
    question: "Is the machine well?",
    showsAlarms: true,
    charts: [
      ofFunctions("Invocations that failed, each 5 min", functions, "Errors"),
      ofFunctions("Invocations turned away, each 5 min", functions, "Throttles"),
      durations(functions),
      {
        title: "How far the slowest wheel of the scheduler is behind",
        unit: "seconds",
        lines: [level("lag", headroomMetric("scheduler_lag_seconds", { service: "scheduler" }, "Maximum", MINUTES))],
        limits: [{ is: "alarm", label: "alarm: 300 s for 3 min", value: 300 }],
      },
      ofQueues("Messages that wait for work, most in 5 min", "messages", "ApproximateNumberOfMessagesVisible", queues),
      ofQueues("Age of the oldest that waits, most in 5 min", "seconds", "ApproximateAgeOfOldestMessage", queues),
      deadLetters(functions, queues),
      {
        title: "Requests that DynamoDB throttled, each 5 min",
        unit: "requests",
        stacked: true,
        lines: REASONS.map((reason) =>
          counted(reason, headroomMetric("dynamodb_throttles", { reason }, "Sum", MINUTES)),
        ),
      },
      {
        title: "Looks at vendors' clouds, each 15 min",
        unit: "looks",
        stacked: true,
        lines: manifests.map((one) => counted(one.name, headroomMetric("looks", own(one), "Sum", 15))),
      },
      looksFailed(manifests),
    ],
  };
}

function aws(namespace: string, metricName: string, dimensionsMap: Record<string, string>, statistic: string): Metric {
  return new Metric({ namespace, metricName, dimensionsMap, statistic, period: Duration.minutes(MINUTES) });
}

const ofFunction = ({ lambda }: HouseFunction, name: "Errors" | "Throttles" | "Duration", statistic: string) =>
  aws("AWS/Lambda", name, { FunctionName: lambda.functionName }, statistic);

function ofFunctions(title: string, functions: readonly HouseFunction[], name: "Errors" | "Throttles"): Chart {
  return {
    title,
    unit: "invocations",
    stacked: true,
    lines: functions.map((one) => counted(one.watch.part, ofFunction(one, name, "Sum"))),
  };
}

function durations(functions: readonly HouseFunction[]): Chart {
  return {
    title: "Longest invocation against its timeout, each 5 min",
    unit: "percent",
    most: 100,
    lines: functions.map((one) => ({
      label: one.watch.part,
      metrics: { duration: ofFunction(one, "Duration", "Maximum") },
      expression: `duration / ${one.timeoutSeconds * 10}`,
    })),
    limits: [{ is: "timeout", label: "timeout", value: 100 }],
  };
}

type QueueLevel = "ApproximateNumberOfMessagesVisible" | "ApproximateAgeOfOldestMessage";

function ofQueues(title: string, unit: string, name: QueueLevel, queues: readonly WorkQueue[]): Chart {
  return {
    title,
    unit,
    lines: queues.map(({ label, queue }) =>
      counted(label, aws("AWS/SQS", name, { QueueName: queue.queueName }, "Maximum")),
    ),
  };
}

/** One line for each function: what it was asked directly and gave up, and what its queues did. */
function deadLetters(functions: readonly HouseFunction[], queues: readonly WorkQueue[]): Chart {
  return {
    title: "Dead letters that nobody has taken up",
    unit: "messages",
    stacked: true,
    lines: functions.map((one) => {
      const all = [one.failures, ...queues.filter(({ consumer }) => consumer === one).map((work) => work.deadLetters)];
      const metrics = Object.fromEntries(
        all.map(({ queueName: QueueName }, index) => [
          `queue${index}`,
          aws("AWS/SQS", "ApproximateNumberOfMessagesVisible", { QueueName }, "Maximum"),
        ]),
      );
      const expression = Object.keys(metrics)
        .map((name) => `FILL(${name}, 0)`)
        .join(" + ");
      return { label: one.watch.part, metrics, expression };
    }),
    limits: [{ is: "alarm", label: "alarm after 15 min", value: 1 }],
  };
}

function looksFailed(manifests: readonly Manifest[]): Chart {
  return {
    title: "Looks that failed, there or here, each 15 min",
    unit: "percent",
    most: 100,
    lines: manifests.map((manifest) => ({
      label: manifest.name,
      metrics: {
        vendor: headroomMetric("looks_failed_vendor", own(manifest), "Sum", 15),
        ours: headroomMetric("looks_failed_ours", own(manifest), "Sum", 15),
        kept: headroomMetric("readings_quarantined", own(manifest), "Sum", 15),
        looks: headroomMetric("looks", own(manifest), "Sum", 15),
      },
      expression: "100 * (FILL(vendor, 0) + FILL(ours, 0) + FILL(kept, 0)) / looks",
    })),
    limits: [{ is: "alarm", label: "alarm: the vendor's 20 %", value: 20 }],
  };
}
