import type { TransactWriteCommandInput } from "@aws-sdk/lib-dynamodb";
import { type CancellationReason, transactionCancelled, validation } from "./errors.ts";
import { writeUnits } from "./item-size.ts";
import { onlyKnows } from "./operands.ts";
import type { Row, Table } from "./table.ts";
import { attributesOf } from "./values.ts";
import { type Ignores, type Planned, plannedCheck, plannedDelete, plannedPut, plannedUpdate } from "./write.ts";

/** All writes, or none: then the error has a reason for each, in their order. Both cost twice the units. */
export function transact(
  input: TransactWriteCommandInput,
  tableOf: (name: string | undefined) => Table,
  spend: (table: Table, kind: "write", units: number) => void,
  ignores: Ignores,
): Record<string, unknown> {
  onlyKnows("TransactWrite", input, ["TransactItems"]);
  const requests = input.TransactItems ?? [];
  if (requests.length < 1 || requests.length > 100) throw validation("a transaction takes from 1 to 100 items");
  const plans = requests.map(({ Put, Update, Delete, ConditionCheck }): Planned => {
    if (Put) return plannedPut(tableOf(Put.TableName), Put, ignores);
    if (Update) return plannedUpdate(tableOf(Update.TableName), Update, ignores);
    if (Delete) return plannedDelete(tableOf(Delete.TableName), Delete, ignores);
    if (ConditionCheck) return plannedCheck(tableOf(ConditionCheck.TableName), ConditionCheck as never, ignores);
    throw validation("TransactItems can only contain one of Check, Put, Update or Delete");
  });
  const places = plans.map((plan) => JSON.stringify([plan.table.name, plan.key]));
  if (new Set(places).size < places.length) {
    throw validation("Transaction request cannot include multiple operations on one item");
  }

  const results = plans.map(resultOf);
  if (results.some(({ reason }) => reason.Code !== "None")) {
    for (const { table, old } of plans) spend(table, "write", 2 * writeUnits(old?.bytes ?? 0));
    throw transactionCancelled(results.map(({ reason }) => reason));
  }
  for (const [at, { table, key, old }] of plans.entries()) {
    spend(table, "write", 2 * table.write(key, old, results[at]?.next));
  }
  return {};
}

function resultOf(plan: Planned): { next?: Row | undefined; reason: CancellationReason } {
  if (plan.fails) {
    const Item = plan.wantsOldOnFailure && plan.old ? { Item: attributesOf(plan.old.item) } : {};
    return { reason: { Code: "ConditionalCheckFailed", Message: "The conditional request failed", ...Item } };
  }
  try {
    return { next: plan.next(), reason: { Code: "None" } };
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "ValidationException") throw error;
    return { reason: { Code: "ValidationError", Message: error.message } };
  }
}
