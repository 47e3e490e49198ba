import { compilePattern, type EventMatcher } from "../../local/gateway/event-pattern.ts";
import { idIn, ofType, resourcesOf } from "../lib/templates.ts";

/** One way from the bus to a function: what it takes, the function's logical id, and how many records at once. */
export type Route = { matches: EventMatcher; functionId: string; batchSize: number };

/** The rules and queues of stage dev, read from the template that would be deployed. */
export async function stackRoutes(): Promise<Route[]> {
  const resources = await resourcesOf("dev");
  const consumers = new Map(
    ofType(resources, "AWS::Lambda::EventSourceMapping").map(([, { Properties: mapping }]) => [
      idIn(mapping.EventSourceArn),
      { functionId: idIn(mapping.FunctionName) ?? "", batchSize: Number(mapping.BatchSize) },
    ]),
  );
  return ofType(resources, "AWS::Events::Rule").flatMap(([id, { Properties: rule }]) =>
    rule.Targets.map((target: { Arn: { "Fn::GetAtt"?: [string, string] } }) => {
      const consumer = consumers.get(idIn(target.Arn));
      if (!consumer) throw new Error(`rule ${id} leads to a queue that nobody reads`);
      return { matches: compilePattern(rule.EventPattern), ...consumer };
    }),
  );
}
