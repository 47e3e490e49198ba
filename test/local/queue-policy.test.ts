import { describe, expect, it } from "vitest";
import { compileQueuePolicy } from "../../local/gateway/queue-policy.ts";

const queue = "arn:aws:sqs:eu-west-2:000000000000:jobs";
const rule = "arn:aws:events:eu-west-2:000000000000:rule/bus/jobs";
const sender = { service: "events.amazonaws.com", sourceArn: rule };
const allow = {
  Effect: "Allow",
  Principal: { Service: "events.amazonaws.com" },
  Action: "sqs:SendMessage",
  Resource: queue,
  Condition: { ArnEquals: { "aws:SourceArn": rule } },
};
const onlyEncrypted = {
  Effect: "Deny",
  Principal: { AWS: "*" },
  Action: "sqs:*",
  Resource: queue,
  Condition: { Bool: { "aws:SecureTransport": "false" } },
};

describe("queue policies", () => {
  it.each<[string, object[], boolean]>([
    ["the rule's own statement", [allow], true],
    ["the statement beside the usual refusal of plain HTTP", [onlyEncrypted, allow], true],
    ["no statement", [], false],
    ["only the refusal of plain HTTP", [onlyEncrypted], false],
    ["another rule's statement", [{ ...allow, Condition: { ArnEquals: { "aws:SourceArn": `${rule}-2` } } }], false],
    ["another service's statement", [{ ...allow, Principal: { Service: "sns.amazonaws.com" } }], false],
    ["another queue's statement", [{ ...allow, Resource: `${queue}-2` }], false],
    ["another action", [{ ...allow, Action: ["sqs:ReceiveMessage"] }], false],
    [
      "a pattern of rules",
      [{ ...allow, Condition: { ArnLike: { "aws:SourceArn": "arn:aws:events:*:*:rule/bus/*" } } }],
      true,
    ],
    ["the account", [{ ...allow, Condition: { StringEquals: { "aws:SourceAccount": "000000000000" } } }], true],
    ["everybody, without a condition", [{ ...allow, Principal: "*", Condition: undefined }], true],
    ["a refusal that beats the statement", [allow, { ...onlyEncrypted, Condition: undefined }], false],
  ])("with %s", (_what, Statement, allowed) => {
    expect(compileQueuePolicy({ Version: "2012-10-17", Statement })(sender, queue)).toBe(allowed);
  });
});
