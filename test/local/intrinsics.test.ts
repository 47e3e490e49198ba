// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Fn::Sub writes its variables like this
import { describe, expect, it } from "vitest";
import type { StackTemplate, Template } from "../../local/assembly.ts";
import { createResolver, UnsupportedIntrinsic } from "../../local/intrinsics.ts";
import type { Json } from "../../local/json.ts";

const stack = (name: string, template: Template): StackTemplate => ({
  name,
  path: name,
  template,
  codePaths: new Map(),
});
const state = stack("state", {
  Resources: {
    Table: { Type: "AWS::DynamoDB::GlobalTable" },
    Queue: { Type: "AWS::SQS::Queue", Properties: { QueueName: { "Fn::Sub": "jobs-${AWS::Region}" } } },
    Bus: { Type: "AWS::Events::EventBus", Properties: { Name: "facts" } },
    Rule: { Type: "AWS::Events::Rule", Properties: { EventBusName: { Ref: "Bus" } } },
    Loop: { Type: "AWS::SQS::Queue", Properties: { QueueName: { "Fn::GetAtt": ["Loop", "QueueName"] } } },
  },
  Parameters: {
    Colour: { Type: "String", Default: "green" },
    Bootstrap: { Type: "AWS::SSM::Parameter::Value<String>", Default: "/cdk" },
  },
  Outputs: { TableName: { Value: { Ref: "Table" }, Export: { Name: "state:Table" } }, Plain: { Value: "x" } },
});
const work = stack("work", { Resources: {} });
const resolver = createResolver([state, work], "http://127.0.0.1:1");
const resolve = (value: Json, name = "state") => resolver.resolve(name, value);

describe("intrinsic functions", () => {
  it.each<[string, Json, Json]>([
    ["a plain value", { a: [1, "x", null, true] }, { a: [1, "x", null, true] }],
    ["Ref of a resource", { Ref: "Table" }, "state-Table"],
    ["Ref of a queue", { Ref: "Queue" }, "http://127.0.0.1:1/000000000000/jobs-eu-west-2"],
    ["Ref of a rule on a bus", { Ref: "Rule" }, "facts|state-Rule"],
    ["Ref of a parameter", { Ref: "Colour" }, "green"],
    ["a pseudo parameter", { Ref: "AWS::AccountId" }, "000000000000"],
    ["Fn::GetAtt as a list", { "Fn::GetAtt": ["Queue", "Arn"] }, "arn:aws:sqs:eu-west-2:000000000000:jobs-eu-west-2"],
    ["Fn::GetAtt as text", { "Fn::GetAtt": "Bus.Name" }, "facts"],
    ["Fn::Join", { "Fn::Join": ["/", ["a", { Ref: "Colour" }, 3]] }, "a/green/3"],
    ["Fn::Split and Fn::Select", { "Fn::Select": [1, { "Fn::Split": [":", "a:b:c"] }] }, "b"],
    [
      "Fn::Sub",
      { "Fn::Sub": "${AWS::Partition} ${Bus.Arn} ${!Literal}" },
      "aws arn:aws:events:eu-west-2:000000000000:event-bus/facts ${Literal}",
    ],
    ["Fn::Sub with variables", { "Fn::Sub": ["${a}-${Colour}", { a: { Ref: "Table" } }] }, "state-Table-green"],
    ["AWS::NoValue in an object", { a: { Ref: "AWS::NoValue" }, b: 1 }, { b: 1 }],
    ["AWS::NoValue in a list", [{ Ref: "AWS::NoValue" }, 1], [1]],
    [
      "a policy's Condition, which is no function",
      { Condition: { Bool: { "aws:SecureTransport": "false" } } },
      { Condition: { Bool: { "aws:SecureTransport": "false" } } },
    ],
  ])("resolves %s", (_what, value, expected) => {
    expect(resolve(value)).toEqual(expected);
  });

  it("resolves an import from the stack that exports it", () => {
    expect(resolve({ "Fn::ImportValue": "state:Table" }, "work")).toBe("state-Table");
  });

  it.each<[string, Json, string]>([
    ["an unknown function", { "Fn::Base64": "x" }, "Fn::Base64"],
    ["a condition", { "Fn::If": ["c", 1, 2] }, "Fn::If"],
    ["an unknown pseudo parameter", { Ref: "AWS::StackId" }, "AWS::StackId"],
    ["an unknown attribute", { "Fn::GetAtt": ["Table", "StreamLabel"] }, "Table.StreamLabel"],
    ["an unknown resource", { Ref: "Nothing" }, "Nothing"],
    ["a parameter from SSM", { Ref: "Bootstrap" }, "Bootstrap"],
    ["an export that nobody makes", { "Fn::ImportValue": "state:Other" }, "state:Other"],
    ["a name that needs itself", { Ref: "Loop" }, "Loop"],
    ["an item out of range", { "Fn::Select": [5, ["a"]] }, "no item 5"],
  ])("refuses %s by name", (_what, value, named) => {
    expect(() => resolve(value)).toThrow(UnsupportedIntrinsic);
    expect(() => resolve(value)).toThrow(named);
  });
});
