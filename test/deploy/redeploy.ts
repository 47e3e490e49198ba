import { GetFunctionConfigurationCommand, InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { systemNow } from "../../shared/bus.ts";
import { awsJson } from "./aws.ts";
import { type Deployed, named, ofType } from "./deployed.ts";
import type { Journal } from "./journal.ts";
import type { Change } from "./trees.ts";
import { must, until } from "./until.ts";

const lambda = new LambdaClient({});
const MARK = "changed by the deploy test";

/** A change of the code of one function, which its log tells of; one that is not at work when it is replaced. */
export const CHANGE: Change = {
  file: "lambdas/signals/handler.ts",
  to: (source: string) => `${source}\nprocess.stdout.write("${MARK}\\n");\n`,
};
const CHANGED_FUNCTION = "Signals";

/** The hash of each function's code, by logical id. */
export async function codeOf(stage: readonly Deployed[]): Promise<Map<string, string>> {
  const functions = ofType(stage, "AWS::Lambda::Function");
  const hashes = await Promise.all(
    functions.map(({ physicalId }) => lambda.send(new GetFunctionConfigurationCommand({ FunctionName: physicalId }))),
  );
  return new Map(functions.map(({ logicalId }, index) => [logicalId, hashes[index]?.CodeSha256 ?? ""]));
}

/** Exactly the function that was changed has new code, and runs it. */
export async function checkRedeploy(
  before: ReadonlyMap<string, string>,
  stage: readonly Deployed[],
  journal: Journal,
): Promise<void> {
  const { logicalId, physicalId } = named(stage, "AWS::Lambda::Function", CHANGED_FUNCTION);
  await journal.check("a code change replaces the code of its function and of no other", async () => {
    const after = await codeOf(stage);
    const changed = [...after].filter(([id, hash]) => before.get(id) !== hash).map(([id]) => id);
    must(changed.length === 1 && changed[0] === logicalId, `changed: ${changed.join(", ") || "none"}`);
  });
  await journal.check("the function runs the changed code", async () => {
    const Payload = JSON.stringify({ tickAt: systemNow() });
    const { FunctionError } = await lambda.send(new InvokeCommand({ FunctionName: physicalId, Payload }));
    must(!FunctionError, "it failed");
    await until("its word in the log", 20, () => hasLogged(stage, CHANGED_FUNCTION, MARK));
  });
}

/** Prod is woken through an alias, which leads to a published version and not to whatever was uploaded last. */
export async function checkAlias(prod: readonly Deployed[], journal: Journal): Promise<void> {
  await journal.check("prod: the schedule wakes the scheduler through its alias, and it does its work", () =>
    until("its word in the log", 90, () => hasLogged(prod, "Scheduler", "INVOCATION_COMPLETED")),
  );
}

async function hasLogged(stage: readonly Deployed[], functionId: string, words: string): Promise<boolean> {
  const { physicalId: logGroupName } = named(stage, "AWS::Logs::LogGroup", `${functionId}Logs`);
  const { events } = await awsJson("logs", "Logs_20140328.FilterLogEvents", { logGroupName });
  return events.some(({ message }: { message: string }) => message.includes(words));
}
