import { Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { Manifest } from "../shared/domain/manifest.ts";
import { watchScheduler } from "./alarms/scheduler-alarms.ts";
import { type Bundles, bundleOf } from "./bundles.ts";
import { HouseFunction } from "./house-function.ts";
import { houseStackProps } from "./house-stack.ts";
import { Integration } from "./integration.ts";
import type { StageConfig } from "./stages.ts";
import type { StateStack } from "./state-stack.ts";
import { Ticks } from "./ticks.ts";

type VendorsStackProps = { stage: StageConfig; state: StateStack; bundles: Bundles; manifests: readonly Manifest[] };

/**
 * What talks to vendors: one Lambda per integration, and the scheduler that wakes them. They share a stack because the
 * scheduler names every integration: across stacks, removing one would leave an export that is still in use.
 */
export class VendorsStack extends Stack {
  constructor(scope: Construct, id: string, { stage, state, bundles, manifests }: VendorsStackProps) {
    super(scope, id, houseStackProps(stage, "vendors", "Integrations and their scheduler."));
    const integrations = manifests.map((manifest) => {
      const bundle = bundleOf(bundles, manifest.name);
      return { manifest, entry: new Integration(this, { stage, state, manifest, bundle }).function.entry };
    });

    const { schedule, readings, plans } = state.tables.all;
    const scheduler = new HouseFunction(this, "Scheduler", {
      stage,
      name: "scheduler",
      owner: "platform",
      alarms: state.alarms,
      bundle: bundleOf(bundles, "scheduler"),
      onFailure: {
        impact: "No asset is polled: telemetry grows old everywhere and no command can be proven.",
        runbook: "docs/runbooks/scheduler.md",
      },
      environment: {
        ...state.tables.environment("schedule", "readings", "plans"),
        BUS_NAME: state.bus.eventBusName,
        INTEGRATIONS: this.toJsonString(
          integrations.map(({ manifest: { name, streams, limits }, entry }) => ({
            name,
            functionName: entry.functionArn,
            streams,
            limits,
          })),
        ),
      },
      // Many batches are spread over most of a minute, after the time it takes to decide: it mostly waits, and is billed for it.
      timeoutSeconds: 90,
      memoryMb: 256,
      asynchronous: { retries: 0, maxAgeSeconds: 60 },
    });
    scheduler.may(
      // One item is read where an outage is asked for.
      ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem"],
      [schedule.tableArn],
    );
    // Plans: what an outage puts at risk.
    scheduler.may(["dynamodb:BatchGetItem"], [readings.tableArn, plans.tableArn]);
    scheduler.may(["events:PutEvents"], [state.bus.eventBusArn]);
    scheduler.may(
      ["lambda:InvokeFunction"],
      integrations.map(({ entry }) => entry.functionArn),
    );
    watchScheduler(scheduler, scheduler.watch);
    new Ticks(this, "SchedulerTicks", {
      wakes: scheduler,
      cadences: [{ id: "Minute", expression: stage.cadences.tick }],
      silentAfterMinutes: 5,
    });
  }
}
