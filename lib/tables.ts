import {
  AttributeType,
  Billing,
  type GlobalSecondaryIndexPropsV2,
  ProjectionType,
  TableEncryptionV2,
  TableV2,
} from "aws-cdk-lib/aws-dynamodb";
import { Construct } from "constructs";
import type { StageConfig } from "./stages.ts";

type TableName = "assets" | "schedule" | "readings" | "signals" | "plans" | "commands" | "accounts";
type Shape = { partition: string; sort?: string; expires?: boolean; indexes?: GlobalSecondaryIndexPropsV2[] };

const text = (name: string) => ({ name, type: AttributeType.STRING });
const number = (name: string) => ({ name, type: AttributeType.NUMBER });

/** One table per concern, so that a grant reads like a sentence. */
const SHAPES: Record<TableName, Shape> = {
  assets: {
    partition: "assetId",
    indexes: [
      { indexName: "byAccount", partitionKey: text("accountId") },
      { indexName: "byFleet", partitionKey: text("fleetId") },
      { indexName: "bySite", partitionKey: text("siteId") },
    ],
  },
  schedule: { partition: "pk", sort: "sk", expires: true },
  readings: { partition: "assetId", sort: "stream" },
  signals: { partition: "series", sort: "startsAt", expires: true },
  plans: {
    partition: "assetId",
    indexes: [
      {
        indexName: "byNextEdge",
        partitionKey: text("edgeShard"),
        sortKey: number("nextEdgeAtMs"),
        projectionType: ProjectionType.KEYS_ONLY,
      },
    ],
  },
  commands: {
    partition: "assetId",
    sort: "commandId",
    expires: true,
    indexes: [
      {
        indexName: "open",
        partitionKey: text("openIn"),
        sortKey: number("dueAtMs"),
        projectionType: ProjectionType.KEYS_ONLY,
      },
    ],
  },
  accounts: { partition: "account" },
};

/** The platform's seven tables: on demand, encrypted, restorable to any second of the last 35 days. */
export class Tables extends Construct {
  readonly all: Record<TableName, TableV2>;

  constructor(scope: Construct, id: string, stage: StageConfig) {
    super(scope, id);
    this.all = {
      assets: this.table("Assets", SHAPES.assets, stage),
      schedule: this.table("Schedule", SHAPES.schedule, stage),
      readings: this.table("Readings", SHAPES.readings, stage),
      signals: this.table("Signals", SHAPES.signals, stage),
      plans: this.table("Plans", SHAPES.plans, stage),
      commands: this.table("Commands", SHAPES.commands, stage),
      accounts: this.table("Accounts", SHAPES.accounts, stage),
    };
  }

  /** Environment variables that tell a function the names of these tables: `assets` becomes `ASSETS_TABLE`. */
  environment(...names: readonly TableName[]): Record<string, string> {
    return Object.fromEntries(names.map((name) => [`${name.toUpperCase()}_TABLE`, this.all[name].tableName]));
  }

  private table(id: string, shape: Shape, stage: StageConfig): TableV2 {
    return new TableV2(this, id, {
      partitionKey: text(shape.partition),
      ...(shape.sort && { sortKey: text(shape.sort) }),
      ...(shape.expires && { timeToLiveAttribute: "expiresAt" }),
      ...(shape.indexes && { globalSecondaryIndexes: shape.indexes }),
      billing: Billing.onDemand(),
      encryption: TableEncryptionV2.awsManagedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy: stage.removalPolicy,
      deletionProtection: stage.deletionProtection,
    });
  }
}

/** The ARN of one index, for a grant that does not open the others. */
export function indexArn(table: TableV2, indexName: string): string {
  return `${table.tableArn}/index/${indexName}`;
}
