import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { z } from "zod";
import { NOT_YET_GIVEN, secretOutputOf } from "../../lib/vendor-secret.ts";
import { BadInput } from "../feeds/bad-input.ts";
import type { Customer } from "./world.ts";

const Secret = z.record(z.string(), z.string());

/**
 * Gives each integration of a stage the simulator's credentials in place of the placeholders that it was deployed with.
 * Throws where somebody has put in others, before it changes any: that stage talks to a real vendor, and is left alone.
 */
export async function fillPlaceholders(
  stage: string,
  region: string | undefined,
  customers: readonly Customer[],
): Promise<void> {
  const at = region ? { region } : {};
  const stackName = `headroom-${stage}-vendors`;
  const outputs = await outputsOf(stackName, new CloudFormationClient(at));
  const secrets = new SecretsManagerClient(at);
  const placeholders: { SecretId: string; SecretString: string }[] = [];
  for (const { manifest, simulation } of customers) {
    if (manifest.secretKeys.length === 0) continue;
    const SecretId = outputs.get(secretOutputOf(manifest.name));
    if (SecretId === undefined) throw new BadInput(`Stack ${stackName} has no secret of ${manifest.name}: deploy it.`);
    const { SecretString = "{}" } = await secrets.send(new GetSecretValueCommand({ SecretId }));
    const known = Secret.parse(JSON.parse(SecretString));
    if (manifest.secretKeys.every((key) => known[key] === simulation.secret[key])) continue;
    if (!manifest.secretKeys.every((key) => known[key] === NOT_YET_GIVEN))
      throw new BadInput(
        `The secret of ${manifest.name} in stage ${stage} is neither a placeholder nor the simulator's: a soak is for a stage that talks to simulators.`,
      );
    placeholders.push({ SecretId, SecretString: JSON.stringify(simulation.secret) });
  }
  for (const placeholder of placeholders) await secrets.send(new PutSecretValueCommand(placeholder));
}

async function outputsOf(StackName: string, client: CloudFormationClient): Promise<Map<string, string | undefined>> {
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName }));
    return new Map(Stacks[0]?.Outputs?.map(({ OutputKey = "", OutputValue }) => [OutputKey, OutputValue]));
  } catch (error) {
    if (!(error instanceof Error && /does not exist/.test(error.message))) throw error;
    throw new BadInput(`There is no stack ${StackName}: finish the stage's deployment, then try again.`);
  }
}
