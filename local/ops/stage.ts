import { CloudFormationClient, DescribeStacksCommand, type Stack } from "@aws-sdk/client-cloudformation";
import { stagesFrom } from "../../lib/stages.ts";
import { BadInput } from "../feeds/bad-input.ts";
import { Deployment } from "./connection.ts";

export const STAGES = ["dev", "prod"] as const;
export type StageName = (typeof STAGES)[number];

/** Finds a deployed stage by the outputs of its state stack, with whatever credentials the AWS SDK finds. */
export async function stageDeployment(stage: StageName, client = cloudFormation(stage)): Promise<Deployment> {
  const stackName = `headroom-${stage}-state`;
  const region = await client.config.region();
  const stack = await describe(client, stackName, stage, region);
  const outputs = new Map(stack.Outputs?.map((output) => [output.OutputKey, output.OutputValue]));
  const output = (key: string) => {
    const value = outputs.get(key);
    if (value) return value;
    throw new BadInput(
      `Stack ${stackName} in ${region} (${stack.StackStatus}) has no output ${key}: finish its deployment, then try again.`,
    );
  };
  const { fleets, tariff } = stagesFrom(process.env)[stage];
  return Deployment.parse({
    tables: {
      assets: output("AssetsTable"),
      schedule: output("ScheduleTable"),
      readings: output("ReadingsTable"),
      signals: output("SignalsTable"),
      plans: output("PlansTable"),
      commands: output("CommandsTable"),
      accounts: output("AccountsTable"),
    },
    fleets,
    siteRegion: tariff.octopusRegion,
    busName: output("BusName"),
    tokenKeyArn: output("TokenKeyArn"),
    region,
  });
}

/** In the region that the stage is deployed to, where that is fixed; else in the one that is set for AWS tools. */
function cloudFormation(stage: StageName): CloudFormationClient {
  const { region } = stagesFrom(process.env)[stage].env;
  return new CloudFormationClient(region ? { region } : {});
}

async function describe(
  client: CloudFormationClient,
  stackName: string,
  stage: StageName,
  region: string,
): Promise<Stack> {
  try {
    const answer = await client.send(new DescribeStacksCommand({ StackName: stackName }));
    const stack = answer.Stacks?.[0];
    if (stack) return stack;
  } catch (error) {
    if (!(error instanceof Error && error.name === "ValidationError" && /does not exist/.test(error.message)))
      throw error;
  }
  throw new BadInput(
    `Stage ${stage} is not deployed in ${region}: there is no stack ${stackName}. Set AWS_REGION and AWS_PROFILE to where it is, or deploy it.`,
  );
}
