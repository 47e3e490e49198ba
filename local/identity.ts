import { createHash } from "node:crypto";

export const ACCOUNT = "000000000000";
export const REGION = "eu-west-2";

/** What `Ref` and `Fn::GetAtt` answer for one resource. */
export type Identity = { ref: string; attributes: Record<string, string> };
export type Named = { type: string; logicalId: string; stackName: string; given: Record<string, string | undefined> };

const arn = (service: string, rest: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;
const hash = (text: string) => createHash("sha256").update(text).digest("hex");

/** The properties that give a resource of a type its physical name, when the template sets one. */
export const NAME_PROPERTIES: Record<string, string[]> = {
  "AWS::DynamoDB::GlobalTable": ["TableName"],
  "AWS::DynamoDB::Table": ["TableName"],
  "AWS::Lambda::Function": ["FunctionName"],
  "AWS::Lambda::Alias": ["FunctionName", "Name"],
  "AWS::Lambda::Version": ["FunctionName"],
  "AWS::Events::EventBus": ["Name"],
  "AWS::Events::Rule": ["Name", "EventBusName"],
  "AWS::Events::Archive": ["ArchiveName"],
  "AWS::SQS::Queue": ["QueueName"],
  "AWS::Scheduler::Schedule": ["Name", "GroupName"],
  "AWS::Scheduler::ScheduleGroup": ["Name"],
  "AWS::KMS::Alias": ["AliasName"],
  "AWS::SecretsManager::Secret": ["Name"],
  "AWS::Logs::LogGroup": ["LogGroupName"],
  "AWS::IAM::Role": ["RoleName"],
  "AWS::CloudWatch::Alarm": ["AlarmName"],
  "AWS::CloudWatch::CompositeAlarm": ["AlarmName"],
  "AWS::SNS::Topic": ["TopicName"],
};

/** Deterministic ids: the same template has the same names and ARNs in every run. */
export function identify({ type, logicalId, stackName, given }: Named, gatewayUrl: string): Identity {
  const unique = `${stackName}/${logicalId}`;
  const named = (property: string, longest: number) => given[property] ?? shorten(`${stackName}-${logicalId}`, longest);
  switch (type) {
    case "AWS::DynamoDB::GlobalTable":
    case "AWS::DynamoDB::Table": {
      const ref = named("TableName", 255);
      const tableArn = arn("dynamodb", `table/${ref}`);
      return { ref, attributes: { Arn: tableArn, StreamArn: `${tableArn}/stream/local`, TableId: uuid(unique) } };
    }
    case "AWS::Lambda::Function": {
      const ref = named("FunctionName", 64);
      return { ref, attributes: { Arn: arn("lambda", `function:${ref}`) } };
    }
    // The code of a version is the code that there is: a laptop keeps no other.
    case "AWS::Lambda::Version":
      return { ref: arn("lambda", `function:${given.FunctionName}:1`), attributes: { Version: "1" } };
    case "AWS::Lambda::Alias": {
      const ref = arn("lambda", `function:${given.FunctionName}:${given.Name}`);
      return { ref, attributes: { AliasArn: ref } };
    }
    case "AWS::Events::EventBus": {
      const ref = named("Name", 256);
      return { ref, attributes: { Arn: arn("events", `event-bus/${ref}`), Name: ref } };
    }
    case "AWS::Events::Rule": {
      const rule = named("Name", 64);
      const bus = given.EventBusName?.split("/").at(-1) ?? "default";
      const path = bus === "default" ? rule : `${bus}/${rule}`;
      return { ref: path.replace("/", "|"), attributes: { Arn: arn("events", `rule/${path}`) } };
    }
    case "AWS::Events::Archive": {
      const ref = named("ArchiveName", 48);
      return { ref, attributes: { Arn: arn("events", `archive/${ref}`), ArchiveName: ref } };
    }
    case "AWS::SQS::Queue": {
      const queue = named("QueueName", 80);
      const url = `${gatewayUrl}/${ACCOUNT}/${queue}`;
      return { ref: url, attributes: { Arn: arn("sqs", queue), QueueName: queue, QueueUrl: url } };
    }
    case "AWS::Scheduler::Schedule": {
      const ref = named("Name", 64);
      return { ref, attributes: { Arn: arn("scheduler", `schedule/${given.GroupName ?? "default"}/${ref}`) } };
    }
    case "AWS::Scheduler::ScheduleGroup": {
      const ref = named("Name", 64);
      return { ref, attributes: { Arn: arn("scheduler", `schedule-group/${ref}`) } };
    }
    case "AWS::KMS::Key": {
      const id = uuid(unique);
      return { ref: id, attributes: { Arn: arn("kms", `key/${id}`), KeyId: id } };
    }
    case "AWS::KMS::Alias": {
      const ref = named("AliasName", 256);
      return { ref, attributes: { AliasName: ref, Arn: arn("kms", ref) } };
    }
    case "AWS::SecretsManager::Secret": {
      const ref = arn("secretsmanager", `secret:${named("Name", 500)}-${hash(unique).slice(0, 6)}`);
      return { ref, attributes: { Id: ref } };
    }
    case "AWS::Logs::LogGroup": {
      const ref = named("LogGroupName", 512);
      return { ref, attributes: { Arn: arn("logs", `log-group:${ref}:*`) } };
    }
    case "AWS::CloudWatch::Alarm":
    case "AWS::CloudWatch::CompositeAlarm": {
      const ref = named("AlarmName", 255);
      return { ref, attributes: { Arn: arn("cloudwatch", `alarm:${ref}`) } };
    }
    case "AWS::SNS::Topic": {
      const topic = named("TopicName", 256);
      return { ref: arn("sns", topic), attributes: { TopicArn: arn("sns", topic), TopicName: topic } };
    }
    case "AWS::IAM::Role": {
      const ref = named("RoleName", 64);
      return { ref, attributes: { Arn: `arn:aws:iam::${ACCOUNT}:role/${ref}`, RoleId: hash(unique).slice(0, 20) } };
    }
    default:
      return { ref: shorten(`${stackName}-${logicalId}`, 255), attributes: { Id: uuid(unique) } };
  }
}

function shorten(name: string, longest: number): string {
  return name.length <= longest ? name : `${name.slice(0, longest - 9)}-${hash(name).slice(0, 8)}`;
}

function uuid(text: string): string {
  const h = hash(text);
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-8${h.slice(17, 20)}-${h.slice(20, 32)}`;
}
