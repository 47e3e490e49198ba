import { Validations } from "aws-cdk-lib";
import type { IConstruct } from "constructs";

/** Accepts one cdk-nag finding (e.g. "AwsSolutions-L1") on a construct and all below it, for a stated reason. */
export function acknowledge(construct: IConstruct, rule: string, reason: string): void {
  Validations.of(construct).acknowledge({ id: rule, reason });
}
