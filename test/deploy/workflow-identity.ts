import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Deployed, named } from "./deployed.ts";
import { ACCOUNT } from "./emulator.ts";
import { REPOSITORY } from "./stages.ts";

/**
 * The environment of a workflow's job that acts as the stage's soak role, by a token as GitHub issues one for a job of
 * `environment`. The emulator holds the token's claims against the role's trust; it asks for no signature.
 */
export function jobOf(environment: string, stage: readonly Deployed[], folder: string): Record<string, string> {
  const claims = {
    iss: "https://token.actions.githubusercontent.com",
    aud: "sts.amazonaws.com",
    sub: `repo:${REPOSITORY}:environment:${environment}`,
  };
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const file = join(folder, `token-of-${environment}`);
  writeFileSync(file, `${part({ alg: "RS256" })}.${part(claims)}.none`);
  return {
    // Nothing but the role: the emulator's root user may do everything.
    AWS_ACCESS_KEY_ID: "",
    AWS_SECRET_ACCESS_KEY: "",
    AWS_ROLE_ARN: `arn:aws:iam::${ACCOUNT}:role/${named(stage, "AWS::IAM::Role", "Soak").physicalId}`,
    AWS_WEB_IDENTITY_TOKEN_FILE: file,
  };
}
