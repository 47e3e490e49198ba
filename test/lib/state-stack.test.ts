import { Template } from "aws-cdk-lib/assertions";
import { beforeAll, describe, expect, it } from "vitest";
import { ofType, type Resource, resourcesOf, stackOf, testApp } from "./templates.ts";

const DATA = [
  "AWS::DynamoDB::GlobalTable",
  "AWS::Events::EventBus",
  "AWS::Events::Archive",
  "AWS::KMS::Key",
  "AWS::Logs::LogGroup",
  "AWS::SecretsManager::Secret",
];

let dev: Record<string, Resource>;
let prod: Record<string, Resource>;
beforeAll(async () => {
  [dev, prod] = await Promise.all([resourcesOf("dev"), resourcesOf("prod")]);
});

describe("what holds data", () => {
  it("keeps its logical ids, where a changed one is a new, empty resource, and what becomes of it", () => {
    const fate = (one?: Resource) => `${one?.DeletionPolicy} ${one?.UpdateReplacePolicy}`;
    const held = DATA.flatMap((type) => ofType(prod, type));
    const lines = held.map(([id, one]) => `${id} ${one.Type}: dev ${fate(dev[id])}, prod ${fate(one)}`);
    expect(lines.sort()).toMatchInlineSnapshot(`
      [
        "Archive AWS::Events::Archive: dev Delete Delete, prod Retain Retain",
        "BusEA82B648 AWS::Events::EventBus: dev Delete Delete, prod Retain Retain",
        "OptimiserLogsA164E1C7 AWS::Logs::LogGroup: dev Delete Delete, prod Retain Retain",
        "SchedulerLogs5CBD4DC7 AWS::Logs::LogGroup: dev Delete Delete, prod Retain Retain",
        "SignalsLogs5BBDDE28 AWS::Logs::LogGroup: dev Delete Delete, prod Retain Retain",
        "TablesAccounts2D520C9A AWS::DynamoDB::GlobalTable: dev Delete Delete, prod Retain Retain",
        "TablesAssetsB017284B AWS::DynamoDB::GlobalTable: dev Delete Delete, prod Retain Retain",
        "TablesCommands66F8BB6F AWS::DynamoDB::GlobalTable: dev Delete Delete, prod Retain Retain",
        "TablesPlans2B9D66DA AWS::DynamoDB::GlobalTable: dev Delete Delete, prod Retain Retain",
        "TablesReadings65769CF8 AWS::DynamoDB::GlobalTable: dev Delete Delete, prod Retain Retain",
        "TablesSchedule9E6F03B7 AWS::DynamoDB::GlobalTable: dev Delete Delete, prod Retain Retain",
        "TablesSignalsB574023C AWS::DynamoDB::GlobalTable: dev Delete Delete, prod Retain Retain",
        "TokenKeyD1D1A236 AWS::KMS::Key: dev Delete Delete, prod Retain Retain",
        "VerifierLogs7E0537DC AWS::Logs::LogGroup: dev Delete Delete, prod Retain Retain",
        "acmecarsIntegrationLogs1D838E80 AWS::Logs::LogGroup: dev Delete Delete, prod Retain Retain",
        "acmecarsVendorSecretB1C13815 AWS::SecretsManager::Secret: dev Delete Delete, prod Retain Retain",
        "boltIntegrationLogsD523BC35 AWS::Logs::LogGroup: dev Delete Delete, prod Retain Retain",
      ]
    `);
  });

  it("has the same logical ids in both stages", () => {
    const ids = (resources: Record<string, Resource>) =>
      DATA.flatMap((type) => ofType(resources, type).map(([id]) => id));
    expect(ids(dev)).toEqual(ids(prod));
  });

  it("is retained in prod", () => {
    for (const [id, resource] of DATA.flatMap((type) => ofType(prod, type))) {
      expect([id, resource.DeletionPolicy, resource.UpdateReplacePolicy]).toEqual([id, "Retain", "Retain"]);
    }
  });
});

describe("tables", () => {
  it("are restorable to a point in time and encrypted in both stages, and protected from deletion in prod", () => {
    for (const [resources, deletionProtected] of [
      [dev, false],
      [prod, true],
    ] as const) {
      const tables = ofType(resources, "AWS::DynamoDB::GlobalTable");
      expect(tables).toHaveLength(7);
      for (const [, { Properties }] of tables) {
        expect(Properties.BillingMode).toBe("PAY_PER_REQUEST");
        // False is AWS's own key, never no key.
        expect(Properties.SSESpecification.SSEEnabled).toBe(deletionProtected);
        expect(Properties.Replicas).toHaveLength(1);
        expect(Properties.Replicas[0].PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled).toBe(true);
        expect(Properties.Replicas[0].DeletionProtectionEnabled).toBe(deletionProtected);
      }
    }
  });

  it("have the keys, indexes and expiry that the stores use", () => {
    const shapes = ofType(prod, "AWS::DynamoDB::GlobalTable").map(([id, { Properties }]) => ({
      table: id.replace(/^Tables|[0-9A-F]{8}$/g, ""),
      key: keyOf(Properties),
      indexes: (Properties.GlobalSecondaryIndexes ?? []).map(
        (index: { IndexName: string; Projection: { ProjectionType: string } }) =>
          `${index.IndexName} ${keyOf({ ...Properties, ...index })} ${index.Projection.ProjectionType}`,
      ),
      expires: Properties.TimeToLiveSpecification?.AttributeName,
    }));
    expect(shapes).toEqual([
      {
        table: "Assets",
        key: "assetId:S",
        indexes: ["byAccount accountId:S ALL", "byFleet fleetId:S ALL", "bySite siteId:S ALL"],
        expires: undefined,
      },
      { table: "Schedule", key: "pk:S sk:S", indexes: [], expires: "expiresAt" },
      { table: "Readings", key: "assetId:S stream:S", indexes: [], expires: undefined },
      { table: "Signals", key: "series:S startsAt:S", indexes: [], expires: "expiresAt" },
      {
        table: "Plans",
        key: "assetId:S",
        indexes: ["byNextEdge edgeShard:S nextEdgeAtMs:N KEYS_ONLY"],
        expires: undefined,
      },
      {
        table: "Commands",
        key: "assetId:S commandId:S",
        indexes: ["open openIn:S dueAtMs:N KEYS_ONLY"],
        expires: "expiresAt",
      },
      { table: "Accounts", key: "account:S", indexes: [], expires: undefined },
    ]);
  });
});

describe("the state stack", () => {
  it("archives every event", () => {
    expect(ofType(prod, "AWS::Events::Archive").map(([, { Properties }]) => Properties.EventPattern)).toEqual([
      undefined,
    ]);
  });

  it("rotates the token key", () => {
    expect(ofType(prod, "AWS::KMS::Key").map(([, { Properties }]) => Properties.EnableKeyRotation)).toEqual([true]);
  });

  it("tells operators the names they need, outside CloudFormation's exports", async () => {
    const app = await testApp();
    const outputs = (stack: "State" | "Vendors") =>
      Object.entries<{ Export?: unknown }>(Template.fromStack(stackOf(app, "prod", stack)).toJSON().Outputs)
        .filter(([, { Export }]) => Export === undefined)
        .map(([name]) => name);
    expect(outputs("State")).toEqual([
      "AssetsTable",
      "ScheduleTable",
      "ReadingsTable",
      "SignalsTable",
      "PlansTable",
      "CommandsTable",
      "AccountsTable",
      "BusName",
      "TokenKeyArn",
      "PageTopicArn",
      "TicketTopicArn",
    ]);
    expect(outputs("Vendors")).toEqual(["AcmeCarsSecretArn"]);
  });

  it("cannot be deleted by accident in prod", async () => {
    const app = await testApp();
    expect(stackOf(app, "prod", "State").terminationProtection).toBe(true);
    expect(stackOf(app, "dev", "State").terminationProtection).toBe(false);
  });
});

type Keyed = {
  KeySchema: { AttributeName: string }[];
  AttributeDefinitions: { AttributeName: string; AttributeType: string }[];
};

function keyOf({ KeySchema, AttributeDefinitions }: Keyed): string {
  const type = (name: string) =>
    AttributeDefinitions.find((definition) => definition.AttributeName === name)?.AttributeType;
  return KeySchema.map(({ AttributeName }) => `${AttributeName}:${type(AttributeName)}`).join(" ");
}
