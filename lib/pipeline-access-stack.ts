import { CfnOutput, Stack } from "aws-cdk-lib";
import { PolicyStatement, Role, WebIdentityPrincipal } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import { houseStackProps } from "./house-stack.ts";
import { soakRole } from "./soak-role.ts";
import type { StageConfig } from "./stages.ts";

const PROVIDER = "token.actions.githubusercontent.com";
/** Of the roles that `cdk bootstrap` makes, those that a deployment without container images needs. */
const BOOTSTRAP_ROLES = ["deploy", "file-publishing", "lookup"] as const;
/** The qualifier of a bootstrap that was not given one. */
const QUALIFIER = "hnb659fds";

/**
 * What a GitHub Actions workflow may do in a stage's account, deployed once by a person: one role that may act as the CDK
 * bootstrap's own roles and, where the stage is soaked, one for the soak, both for jobs of the repository's environment that
 * has the stage's name and nobody else. The account's OIDC provider is made by hand (docs/guide/deploy.md): an account can
 * have but one, and two stages may share an account.
 */
export class PipelineAccessStack extends Stack {
  constructor(scope: Construct, id: string, stage: StageConfig, repository: string) {
    super(scope, id, houseStackProps(stage, "pipeline-access", "Roles of the deployment workflow."));
    const provider = this.formatArn({ service: "iam", region: "", resource: "oidc-provider", resourceName: PROVIDER });
    const job = new WebIdentityPrincipal(provider, {
      StringEquals: {
        [`${PROVIDER}:aud`]: "sts.amazonaws.com",
        [`${PROVIDER}:sub`]: `repo:${repository}:environment:${stage.name}`,
      },
    });
    const deploy = new Role(this, "Deploy", {
      description: `Deploys Headroom ${stage.name} from ${repository}`,
      assumedBy: job,
    });
    const roles = BOOTSTRAP_ROLES.map((role) =>
      this.formatArn({
        service: "iam",
        region: "",
        resource: "role",
        resourceName: `cdk-${QUALIFIER}-${role}-role-${this.account}-${this.region}`,
      }),
    );
    deploy.addToPolicy(new PolicyStatement({ actions: ["sts:AssumeRole"], resources: roles }));
    new CfnOutput(this, "DeployRoleArn", { value: deploy.roleArn });
    if (stage.isSoaked) new CfnOutput(this, "SoakRoleArn", { value: soakRole(this, stage, job).roleArn });
  }
}
