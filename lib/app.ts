import { readFileSync } from "node:fs";
import { App, Stage, Validations } from "aws-cdk-lib";
import type { CloudAssembly } from "aws-cdk-lib/cx-api";
import { AwsSolutionsChecks, ServerlessChecks } from "cdk-nag";
import { z } from "zod";
import type { Manifest } from "../shared/domain/manifest.ts";
import { type Bundles, buildBundles } from "./bundles.ts";
import { Dashboards } from "./dashboards/dashboards.ts";
import { refuseUnknownEndpoints } from "./endpoints.ts";
import { loadManifests } from "./manifests.ts";
import { PipelineAccessStack } from "./pipeline-access-stack.ts";
import { FEED_ENDPOINTS, PlatformStack } from "./platform-stack.ts";
import { type StageConfig, stagesFrom } from "./stages.ts";
import { StateStack } from "./state-stack.ts";
import { VendorsStack } from "./vendors-stack.ts";

type SynthesiseOptions = {
  /** Where the cloud assembly goes. Left out: where the CDK CLI says, else a temporary directory. */
  outdir?: string;
  /** False skips cdk-nag and template validation, which take most of the time. */
  validate?: boolean;
  /** Left out: every Lambda is bundled now. */
  bundles?: Bundles;
  /** Left out: those of `lambdas/integrations`. */
  manifests?: readonly Manifest[];
  /** Left out: dev and prod. */
  stages?: readonly StageConfig[];
};

const CdkJson = z.object({ context: z.record(z.string(), z.unknown()) });

/** Makes the cloud assembly of the given stages: what the CDK CLI deploys and what the local platform runs. */
export async function synthesise(options: SynthesiseOptions = {}): Promise<CloudAssembly> {
  return (await headroom(options)).synth();
}

/** The app with every stage in it, not yet synthesised. */
export async function headroom(options: SynthesiseOptions = {}): Promise<App> {
  const validate = options.validate ?? true;
  const manifests = options.manifests ?? (await loadManifests());
  const bundles = options.bundles ?? buildBundles(manifests.map(({ name }) => name));
  const app = new App({
    ...(options.outdir !== undefined && { outdir: options.outdir }),
    context: context(),
    analyticsReporting: false,
    // Not set when validating, so that CDK_VALIDATION=false still switches it off.
    ...(!validate && { builtinCloudFormationValidation: false }),
  });
  const endpoints = [FEED_ENDPOINTS, ...manifests.map((manifest) => manifest.endpoints)].flatMap(Object.keys);
  if (validate) Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
  for (const stage of options.stages ?? Object.values(stagesFrom(process.env))) {
    refuseUnknownEndpoints(stage, endpoints);
    const scope = new Stage(app, stage.name, { env: stage.env });
    const state = new StateStack(scope, "State", stage);
    new PlatformStack(scope, "Platform", { stage, state, bundles });
    const vendors = new VendorsStack(scope, "Vendors", { stage, state, bundles, manifests });
    if (stage.watch === "all") new Dashboards(vendors, "Dashboards", { stage, of: scope, manifests });
    if (stage.repository !== undefined) new PipelineAccessStack(scope, "PipelineAccess", stage, stage.repository);
  }
  return app;
}

/** What the CDK CLI would pass in, so that an assembly made without it is the same. */
function context(): Record<string, unknown> {
  const cdkJson = CdkJson.parse(JSON.parse(readFileSync(new URL("../cdk.json", import.meta.url), "utf8")));
  return { ...cdkJson.context, "aws:cdk:enable-asset-metadata": true, "aws:cdk:enable-path-metadata": true };
}
