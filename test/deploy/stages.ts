import { appendFileSync } from "node:fs";
import { join } from "node:path";
import type { StageName } from "../../local/ops/stage.ts";
import { adapt } from "./adapt.ts";
import { cdk } from "./cdk.ts";
import type { Tree } from "./trees.ts";

/** The CDK CLI's work on this run's emulator. */
export type Deployer = {
  /** Answers the folder of the cloud assembly, rewritten for the emulator. */
  synthesise(tree: Tree, options?: { schedulesRun?: boolean }): Promise<string>;
  deploy(assembly: string, stage: StageName): Promise<void>;
  destroy(assembly: string, stage: StageName): Promise<void>;
};

/** Whose workflows may deploy and soak. */
export const REPOSITORY = "acme/headroom";

/** The value of `HEADROOM_<STAGE>_ENDPOINTS` that names these addresses. */
export function told(endpoints: Record<string, string>): string {
  return Object.entries(endpoints)
    .map((pair) => pair.join("="))
    .join(" ");
}

/** `endpoints`: where each stage's vendors and feeds are. */
export function deployer(folder: string, endpoints: Record<StageName, Record<string, string>>): Deployer {
  const logged = async (args: readonly string[]) =>
    appendFileSync(join(folder, "cdk.log"), await cdk(args, { cwd: folder }));
  return {
    async synthesise(tree, options) {
      const assembly = join(folder, `assembly-${tree.folder.split("/").filter(Boolean).at(-1)}`);
      await cdk(["synth", "--quiet", "--output", assembly], {
        cwd: tree.folder,
        environment: {
          HEADROOM_DEV_ENDPOINTS: told(endpoints.dev),
          HEADROOM_PROD_ENDPOINTS: told(endpoints.prod),
          HEADROOM_REPOSITORY: REPOSITORY,
        },
      });
      adapt(assembly, options);
      return assembly;
    },
    deploy: (assembly, stage) =>
      logged(["deploy", `${stage}/*`, "--app", assembly, "--require-approval", "never", "--progress", "events"]),
    destroy: (assembly, stage) => logged(["destroy", `${stage}/*`, "--app", assembly, "--force"]),
  };
}
