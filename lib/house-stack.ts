import type { StackProps } from "aws-cdk-lib";
import type { StageConfig } from "./stages.ts";

/** Name, target, description and cost-allocation tags, the same way for every stack. */
export function houseStackProps(stage: StageConfig, concern: string, description: string): StackProps {
  return {
    stackName: `headroom-${stage.name}-${concern}`,
    env: stage.env,
    description: `Headroom ${stage.name}. ${description}`,
    tags: { application: "headroom", stage: stage.name },
  };
}
