import { Stack } from "aws-cdk-lib";
import type { IAlarm } from "aws-cdk-lib/aws-cloudwatch";
import {
  type ILambdaDeploymentConfig,
  LambdaApplication,
  LambdaDeploymentConfig,
  LambdaDeploymentGroup,
} from "aws-cdk-lib/aws-codedeploy";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Alias, type IVersion, type Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import { acknowledge } from "./acknowledge.ts";

/** How new code takes over from old: a tenth of the invocations more each minute. */
export type Shift = "ten-percent-a-minute";

const CONFIGS: Record<Shift, ILambdaDeploymentConfig> = {
  "ten-percent-a-minute": LambdaDeploymentConfig.LINEAR_10PERCENT_EVERY_1MINUTE,
};

/**
 * The name under which a function is invoked: it moves to new code step by step, and back to the old when the alarm rings
 * meanwhile. CloudFormation waits for it, and rolls the stack back with it.
 */
export function gradualAlias(
  scope: Construct,
  { lambda, shift, alarm }: { lambda: LambdaFunction; shift: Shift; alarm: IAlarm },
): Alias {
  // The library's types and exactOptionalPropertyTypes disagree about a version's role.
  const version = lambda.currentVersion as IVersion;
  const alias = new Alias(scope, "Live", { aliasName: "live", version });
  const { application, role } = deployments(Stack.of(scope));
  new LambdaDeploymentGroup(scope, "Deployment", {
    application,
    role,
    alias,
    deploymentConfig: CONFIGS[shift],
    alarms: [alarm],
    autoRollback: { failedDeployment: true, stoppedDeployment: true, deploymentInAlarm: true },
  });
  return alias;
}

/** One application and one role for all of a stack's deployments. */
function deployments(stack: Stack): { application: LambdaApplication; role: Role } {
  const [applicationId, roleId] = ["Deployments", "DeploymentsRole"] as const;
  const application = stack.node.tryFindChild(applicationId) as LambdaApplication | undefined;
  const role = stack.node.tryFindChild(roleId) as Role | undefined;
  if (application && role) return { application, role };
  const made = new Role(stack, roleId, { assumedBy: new ServicePrincipal("codedeploy.amazonaws.com") });
  acknowledge(
    made,
    "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited]",
    "CodeDeploy's own policy for Lambda: aliases, alarms and hooks, kept by AWS. No code of ours runs under it.",
  );
  return { application: new LambdaApplication(stack, applicationId), role: made };
}
