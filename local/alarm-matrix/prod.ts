import { readAssembly } from "../assembly.ts";
import type { Alarm } from "../cloudwatch/alarm.ts";
import { buildModel } from "../model.ts";
import { alarmsOf } from "../wire-alarms.ts";

/** What stage prod deploys that alarms are about, by the names that its template gives. */
export type Prod = {
  alarms: readonly Alarm[];
  functionName: (part: string) => string;
  logGroup: (part: string) => string;
  /** Of a function's failed asynchronous invocations. */
  failures: (part: string) => string;
  /** By the name that a simulated queue has. */
  deadLetters: (queue: string) => string;
};

export const STAGE = "prod";

/** Reads what was synthesised into a directory as the local platform does. */
export function readProd(assemblyDir: string): Prod {
  const model = buildModel(readAssembly(assemblyDir, STAGE), "http://local");
  const names = new Map([
    ...model.of("AWS::Lambda::Function").map(({ logicalId, ref }) => [keyOf(logicalId), ref] as const),
    ...model.of("AWS::Logs::LogGroup").map(({ logicalId, ref }) => [keyOf(logicalId), ref] as const),
    ...model
      .of("AWS::SQS::Queue")
      .map(({ logicalId, attributes }) => [keyOf(logicalId), attributes.QueueName as string] as const),
  ]);
  const named = (kind: string) => (part: string) => {
    const name = names.get(`${part.replaceAll("-", "")}${kind}`.toLowerCase());
    if (name === undefined) throw new Error(`stage ${STAGE} has no ${kind} of ${part}`);
    return name;
  };
  return {
    alarms: alarmsOf(model),
    functionName: named("Function"),
    logGroup: named("Logs"),
    failures: named("Failures"),
    deadLetters: named("DeadLetters"),
  };
}

/** `teslaIntegrationFunction6C6BCDF5` is the function of tesla: of a vendor's parts only the queue has a name of its own. */
function keyOf(logicalId: string): string {
  return logicalId
    .replace(/[0-9A-F]{8}$/, "")
    .replace("Integration", "")
    .toLowerCase();
}
