import { CfnOutput, Duration, Stack } from "aws-cdk-lib";
import { CfnArchive, EventBus } from "aws-cdk-lib/aws-events";
import { Key } from "aws-cdk-lib/aws-kms";
import type { Construct } from "constructs";
import { type AlarmTopics, alarmTopics } from "./alarm-topics.ts";
import { watchAllFunctions } from "./alarms/function-alarms.ts";
import { watchTables } from "./alarms/table-alarms.ts";
import { billBudget } from "./bill-budget.ts";
import { houseStackProps } from "./house-stack.ts";
import type { StageConfig } from "./stages.ts";
import { Tables } from "./tables.ts";

/**
 * What must never be lost: the tables, the bus with its archive, and the key that seals vendor tokens. Other stacks
 * import from here by CloudFormation export on purpose: AWS then refuses to remove what they still use.
 */
export class StateStack extends Stack {
  readonly tables: Tables;
  readonly bus: EventBus;
  /** Seals the data keys of customers' vendor tokens. */
  readonly tokenKey: Key;
  readonly alarms: AlarmTopics;

  constructor(scope: Construct, id: string, stage: StageConfig) {
    super(scope, id, {
      ...houseStackProps(stage, "state", "Tables, event bus with archive, token key, alarm topics."),
      terminationProtection: stage.deletionProtection,
    });
    this.tables = new Tables(this, "Tables", stage);
    this.bus = new EventBus(this, "Bus", { eventBusName: `headroom-${stage.name}` });
    this.bus.applyRemovalPolicy(stage.removalPolicy);
    // Without a pattern the archive keeps every event.
    const archive = new CfnArchive(this, "Archive", {
      sourceArn: this.bus.eventBusArn,
      retentionDays: stage.archiveDays,
    });
    archive.applyRemovalPolicy(stage.removalPolicy);
    this.tokenKey = new Key(this, "TokenKey", {
      description: "Seals the data keys of customers' vendor tokens",
      enableKeyRotation: true,
      removalPolicy: stage.removalPolicy,
      // The longest wait: a deleted key makes every customer link their account again.
      pendingWindow: Duration.days(30),
    });
    this.alarms = alarmTopics(this, stage);
    billBudget(this, stage, this.alarms.ticket);
    const runbook = "docs/runbooks/platform.md";
    const watch = { stage, topics: this.alarms, part: "platform", owner: "platform", runbook };
    watchTables(this, watch);
    watchAllFunctions(this, watch);
    for (const [name, table] of Object.entries(this.tables.all)) {
      new CfnOutput(this, `${name[0]?.toUpperCase()}${name.slice(1)}Table`, { value: table.tableName });
    }
    new CfnOutput(this, "BusName", { value: this.bus.eventBusName });
    new CfnOutput(this, "TokenKeyArn", { value: this.tokenKey.keyArn });
    new CfnOutput(this, "PageTopicArn", { value: this.alarms.page.topicArn });
    new CfnOutput(this, "TicketTopicArn", { value: this.alarms.ticket.topicArn });
  }
}
