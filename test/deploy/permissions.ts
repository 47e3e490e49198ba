import type { Customer } from "../../local/soak/world.ts";
import { endpoint, iam, region } from "./aws.ts";
import { type Deployed, named } from "./deployed.ts";
import type { Journal } from "./journal.ts";
import { givesSecret } from "./operator.ts";
import { type Credentials, signedCall } from "./signed-call.ts";
import { must } from "./until.ts";

type Attempt = { service: string; target: string; input: object };

/** The emulator's IAM judges requests by the policies that were deployed: who may not, does not. */
export async function checkPermissions(
  stage: readonly Deployed[],
  customers: readonly Customer[],
  journal: Journal,
): Promise<void> {
  const table = (start: string) => named(stage, "AWS::DynamoDB::GlobalTable", `Tables${start}`).physicalId;
  const { physicalId: bus } = named(stage, "AWS::Events::EventBus", "Bus");
  const read = (name: string, Key: Record<string, { S: string }>): Attempt => {
    return { service: "dynamodb", target: "DynamoDB_20120810.GetItem", input: { TableName: table(name), Key } };
  };
  const open = ({ asset: { integration } }: Customer): Attempt => {
    const SecretId = named(stage, "AWS::SecretsManager::Secret", `${integration}VendorSecret`).physicalId;
    return { service: "secretsmanager", target: "secretsmanager.GetSecretValue", input: { SecretId } };
  };
  const account = ({ asset }: Customer) => ({ account: { S: `${asset.integration}#${asset.accountId}` } });
  const [one, other] = customers.filter(givesSecret) as [Customer, Customer];
  const command = { assetId: { S: one.asset.assetId }, commandId: { S: "none" } };
  const publish: Attempt = {
    service: "events",
    target: "AWSEvents.PutEvents",
    input: { Entries: [{ EventBusName: bus, Source: "anybody", DetailType: "anything", Detail: "{}" }] },
  };

  await journal.check("a key without a policy reads no table and publishes nothing", async () => {
    const stranger = await userWith("stranger");
    await refused(stranger, read("Assets", { assetId: { S: one.asset.assetId } }));
    await refused(stranger, publish);
  });

  await journal.check("a wrong signature is refused", async () => {
    const known = await userWith("known");
    await refused({ ...known, secretAccessKey: "guessed" }, publish);
  });

  await journal.check("with the verifier's policy: commands are read, logins are not", async () => {
    const verifier = await userWith("as-verifier", named(stage, "AWS::IAM::Role", "VerifierRole"));
    await allowed(verifier, read("Commands", command));
    await refused(verifier, read("Accounts", account(one)));
  });

  await journal.check("with one integration's policy: its own vendor's secret is read, another's is not", async () => {
    const role = named(stage, "AWS::IAM::Role", `${one.asset.integration}IntegrationRole`);
    const user = await userWith("as-integration", role);
    await allowed(user, open(one));
    await refused(user, open(other));
  });
}

/** A new user with a key, under the policies of a role that was deployed. */
async function userWith(UserName: string, role?: Deployed): Promise<Credentials> {
  await iam("CreateUser", { UserName });
  if (role) {
    const RoleName = role.physicalId;
    for (const PolicyName of all("member", await iam("ListRolePolicies", { RoleName }))) {
      const [document = ""] = all("PolicyDocument", await iam("GetRolePolicy", { RoleName, PolicyName }));
      await iam("PutUserPolicy", { UserName, PolicyName, PolicyDocument: decodeURIComponent(document) });
    }
  }
  const key = await iam("CreateAccessKey", { UserName });
  const [accessKeyId = ""] = all("AccessKeyId", key);
  const [secretAccessKey = ""] = all("SecretAccessKey", key);
  return { accessKeyId, secretAccessKey };
}

/** The texts of all elements of a name; IAM answers in XML. */
function all(element: string, xml: string): string[] {
  const texts = [...xml.matchAll(new RegExp(`<${element}>([^<]*)</${element}>`, "g"))].map((match) => match[1] ?? "");
  return texts.map((text) => text.replaceAll("&quot;", '"').replaceAll("&amp;", "&"));
}

async function attempt(credentials: Credentials, { service, target, input }: Attempt) {
  const headers = { "content-type": "application/x-amz-json-1.0", "x-amz-target": target };
  return signedCall({ endpoint, region, credentials, service, headers, body: JSON.stringify(input) });
}

async function refused(credentials: Credentials, what: Attempt): Promise<void> {
  const { status, body } = await attempt(credentials, what);
  must(
    status >= 400 && /AccessDenied|NotAuthorized|Signature|UnrecognizedClient/.test(body),
    `${what.target} was not refused: ${status} ${body}`,
  );
}

async function allowed(credentials: Credentials, what: Attempt): Promise<void> {
  const { status, body } = await attempt(credentials, what);
  must(status === 200, `${what.target} was refused: ${status} ${body}`);
}
