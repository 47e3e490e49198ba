import { Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { REGIONS } from "../shared/domain/region.ts";
import { headroomMetric } from "./alarms/headroom-metric.ts";
import { watchOptimiser } from "./alarms/optimiser-alarms.ts";
import { watchSignals } from "./alarms/signals-alarms.ts";
import { watchVerifier } from "./alarms/verifier-alarms.ts";
import type { Bundles } from "./bundles.ts";
import { bundleOf } from "./bundles.ts";
import { endpointsFor } from "./endpoints.ts";
import { HouseFunction } from "./house-function.ts";
import { houseStackProps } from "./house-stack.ts";
import type { StageConfig } from "./stages.ts";
import type { StateStack } from "./state-stack.ts";
import { indexArn } from "./tables.ts";
import { Ticks } from "./ticks.ts";
import { WorkQueue } from "./work-queue.ts";

/** Where prices and carbon come from. */
export const FEED_ENDPOINTS = {
  OCTOPUS_API_URL: "https://api.octopus.energy",
  CARBON_INTENSITY_API_URL: "https://api.carbonintensity.org.uk",
};

type PlatformStackProps = { stage: StageConfig; state: StateStack; bundles: Bundles };

/** What decides: signals in, plans and commands out, verdicts back. Knows no vendor. */
export class PlatformStack extends Stack {
  constructor(scope: Construct, id: string, props: PlatformStackProps) {
    super(scope, id, houseStackProps(props.stage, "platform", "Signals, optimiser, verifier."));
    this.signals(props);
    this.optimiser(props);
    this.verifier(props);
  }

  private signals({ stage, state, bundles }: PlatformStackProps): void {
    const signals = new HouseFunction(this, "Signals", {
      stage,
      name: "signals",
      owner: "platform",
      alarms: state.alarms,
      bundle: bundleOf(bundles, "signals"),
      onFailure: {
        impact:
          "Price and carbon signals grow old; once they run out, plans fall back to charging before the deadline.",
        runbook: "docs/runbooks/signals.md",
      },
      environment: {
        ...state.tables.environment("signals"),
        BUS_NAME: state.bus.eventBusName,
        ...endpointsFor(FEED_ENDPOINTS, stage),
        OCTOPUS_PRODUCT: stage.tariff.octopusProduct,
        ...regionsOf(stage.tariff),
      },
      timeoutSeconds: 60,
      memoryMb: 256,
      asynchronous: { retries: 2, maxAgeSeconds: 900 },
    });
    signals.may(
      ["dynamodb:Query", "dynamodb:PutItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"],
      [state.tables.all.signals.tableArn],
    );
    signals.may(["events:PutEvents"], [state.bus.eventBusArn]);
    watchSignals(signals, signals.watch);
    new Ticks(this, "SignalsTicks", { wakes: signals, cadences: stage.cadences.signals, silentAfterMinutes: 60 });
  }

  private optimiser({ stage, state, bundles }: PlatformStackProps): void {
    const { assets, readings, signals, plans, commands, schedule } = state.tables.all;
    const optimiser = new HouseFunction(this, "Optimiser", {
      stage,
      name: "optimiser",
      owner: "platform",
      alarms: state.alarms,
      bundle: bundleOf(bundles, "optimiser"),
      onFailure: {
        impact: "Plans are not refreshed and no command is issued; each asset keeps its owner's own schedule.",
        runbook: "docs/runbooks/optimiser.md",
      },
      environment: {
        ...state.tables.environment("assets", "readings", "signals", "plans", "commands", "schedule"),
        BUS_NAME: state.bus.eventBusName,
        FLEETS: stage.fleets.join(","),
        OCTOPUS_REGION: stage.tariff.octopusRegion,
        CARBON_REGION: stage.tariff.carbonRegion,
      },
      timeoutSeconds: 60,
      memoryMb: 1024,
      asynchronous: { retries: 0, maxAgeSeconds: 60 },
      reservedConcurrency: stage.reservedConcurrency.optimiser,
    });
    optimiser.may(["dynamodb:BatchGetItem"], [assets.tableArn, readings.tableArn]);
    optimiser.may(["dynamodb:Query"], [indexArn(assets, "byFleet"), indexArn(assets, "bySite")]);
    optimiser.may(["dynamodb:Query"], [signals.tableArn]);
    optimiser.may(["dynamodb:BatchGetItem", "dynamodb:PutItem"], [plans.tableArn]);
    optimiser.may(["dynamodb:Query"], [indexArn(plans, "byNextEdge")]);
    optimiser.may(["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"], [commands.tableArn]);
    optimiser.may(["dynamodb:PutItem"], [schedule.tableArn]);
    optimiser.may(["events:PutEvents"], [state.bus.eventBusArn]);
    watchOptimiser(optimiser, optimiser.watch);
    new Ticks(this, "OptimiserTicks", {
      wakes: optimiser,
      counted: headroomMetric("ticks", { service: "optimiser" }, "Sum"),
      cadences: [{ id: "Minute", expression: stage.cadences.tick }],
      silentAfterMinutes: 5,
    });

    const replan = new WorkQueue(this, "Replan", {
      visibilitySeconds: 6 * optimiser.timeoutSeconds,
      maxReceiveCount: 5,
    });
    replan.subscribe("OnChange", state.bus, {
      events: [
        "SignalUpdated",
        "GridEventChanged",
        "ControlSwitched",
        "AssetEnrolled",
        "CommandMissed",
        "CommandRejected",
        "CommandExpired",
      ],
    });
    replan.subscribe("OnTelemetry", state.bus, { events: ["TelemetryRecorded"], detail: { matters: [true] } });
    // A portfolio too large for one invocation comes back in parts.
    optimiser.lambda.addEnvironment("REPLAN_QUEUE_URL", replan.queue.queueUrl);
    optimiser.may(["sqs:SendMessage"], [replan.queue.queueArn]);
    // Half a minute gathers a burst of changes into one re-plan per asset.
    replan.feed(optimiser, { batchSize: 100, windowSeconds: 30 });
  }

  private verifier({ stage, state, bundles }: PlatformStackProps): void {
    const { commands, readings, schedule } = state.tables.all;
    const verifier = new HouseFunction(this, "Verifier", {
      stage,
      name: "verifier",
      owner: "platform",
      alarms: state.alarms,
      bundle: bundleOf(bundles, "verifier"),
      onFailure: {
        impact:
          "Commands stay unproven: nobody learns that a car did not charge, and missed windows are not re-planned.",
        runbook: "docs/runbooks/verifier.md",
      },
      environment: {
        ...state.tables.environment("commands", "readings", "schedule"),
        BUS_NAME: state.bus.eventBusName,
      },
      timeoutSeconds: 60,
      memoryMb: 512,
      asynchronous: { retries: 0, maxAgeSeconds: 60 },
    });
    verifier.may(
      ["dynamodb:Query", "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem"],
      [commands.tableArn],
    );
    verifier.may(["dynamodb:Query"], [indexArn(commands, "open")]);
    verifier.may(["dynamodb:BatchGetItem"], [readings.tableArn]);
    // What people were told of, and vendors' outages.
    verifier.may(["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"], [schedule.tableArn]);
    verifier.may(["events:PutEvents"], [state.bus.eventBusArn]);
    watchVerifier(verifier, verifier.watch);
    new Ticks(this, "VerifierTicks", {
      wakes: verifier,
      counted: headroomMetric("ticks", { service: "verifier" }, "Sum"),
      cadences: [{ id: "Minute", expression: stage.cadences.tick }],
      silentAfterMinutes: 5,
    });

    const verify = new WorkQueue(this, "Verify", {
      visibilitySeconds: 6 * verifier.timeoutSeconds,
      maxReceiveCount: 5,
    });
    verify.subscribe("OnEvidence", state.bus, { events: ["TelemetryRecorded", "CommandAccepted"] });
    verify.feed(verifier, { batchSize: 50, windowSeconds: 5 });
  }
}

/** Whose prices and carbon are fetched: the default's first, then those that sites name, each once. */
function regionsOf({ octopusRegion, carbonRegion, siteRegions }: StageConfig["tariff"]) {
  const list = (values: readonly string[]) => [...new Set(values)].join(",");
  return {
    OCTOPUS_REGIONS: list([octopusRegion, ...siteRegions]),
    CARBON_REGIONS: list([carbonRegion, ...siteRegions.map((region) => REGIONS[region].carbonRegion)]),
  };
}
