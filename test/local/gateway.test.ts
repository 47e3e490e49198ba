import { type ContractTarget, describeContract } from "./contract.ts";
import { contractApp } from "./fixture-app.ts";
import { runFixture } from "./run-fixture.ts";

describeContract("the local platform", async (): Promise<ContractTarget> => {
  const secret = "told by the host";
  const { platform, pass, stop } = await runFixture(contractApp, { secrets: { "contract/secret": secret } });
  const starting = <T extends { logicalId: string }>(all: T[], id: string): T => {
    const found = all.find(({ logicalId }) => logicalId.replace(/[0-9A-F]{8}$/, "") === id);
    if (!found) throw new Error(`no ${id}`);
    return found;
  };
  return {
    endpoint: platform.gatewayUrl,
    dynamodbEndpoint: platform.dynamodbUrl,
    region: "eu-west-2",
    tableName: platform.tableName("Log"),
    functionName: (id) => starting(platform.functions, id).name,
    queueUrl: (id) => starting(platform.queues(), id).url,
    secret,
    pass,
    stop,
  };
});
