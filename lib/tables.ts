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
import { type IndexShape, TABLE_SHAPES, type TableName, type TableShape } from "./table-shapes.ts";

const text = (name: string) => ({ name, type: AttributeType.STRING });
const typed = ({ name, type }: NonNullable<IndexShape["sort"]>) => ({
  name,
  type: type === "N" ? AttributeType.NUMBER : AttributeType.STRING,
});
const index = ({ name, partition, sort, keysOnly }: IndexShape): GlobalSecondaryIndexPropsV2 => ({
  indexName: name,
  partitionKey: text(partition),
  ...(sort && { sortKey: typed(sort) }),
  ...(keysOnly && { projectionType: ProjectionType.KEYS_ONLY }),
});

/** The platform's seven tables: on demand, encrypted, restorable to any second of the last 35 days. */
export class Tables extends Construct {
  readonly all: Record<TableName, TableV2>;

  constructor(scope: Construct, id: string, stage: StageConfig) {
    super(scope, id);
    this.all = {
      assets: this.table("Assets", TABLE_SHAPES.assets, stage),
      schedule: this.table("Schedule", TABLE_SHAPES.schedule, stage),
      readings: this.table("Readings", TABLE_SHAPES.readings, stage),
      signals: this.table("Signals", TABLE_SHAPES.signals, stage),
      plans: this.table("Plans", TABLE_SHAPES.plans, stage),
      commands: this.table("Commands", TABLE_SHAPES.commands, stage),
      accounts: this.table("Accounts", TABLE_SHAPES.accounts, stage),
    };
  }

  /** Environment variables that tell a function the names of these tables: `assets` becomes `ASSETS_TABLE`. */
  environment(...names: readonly TableName[]): Record<string, string> {
    return Object.fromEntries(names.map((name) => [`${name.toUpperCase()}_TABLE`, this.all[name].tableName]));
  }

  private table(id: string, shape: TableShape, stage: StageConfig): TableV2 {
    return new TableV2(this, id, {
      partitionKey: text(shape.partition),
      ...(shape.sort && { sortKey: text(shape.sort) }),
      ...(shape.expires && { timeToLiveAttribute: "expiresAt" }),
      ...(shape.indexes && { globalSecondaryIndexes: shape.indexes.map(index) }),
      billing: Billing.onDemand(),
      encryption:
        stage.tableKey === "aws-managed" ? TableEncryptionV2.awsManagedKey() : TableEncryptionV2.dynamoOwnedKey(),
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
