import type { DeleteCommandInput, PutCommandInput, UpdateCommandInput } from "@aws-sdk/lib-dynamodb";
import { checkOperands, holds, parseCondition } from "./condition.ts";
import { validation } from "./errors.ts";
import { type Context, contextOf, onlyKnows } from "./operands.ts";
import type { Row, Table } from "./table.ts";
import { checkUpdate, type ParsedUpdate, parseUpdate, updated } from "./update.ts";
import { type Item, writtenItem } from "./values.ts";

/** A write that hangs on a condition, as a hook sees it. */
export type ConditionalWrite = {
  table: string;
  operation: "Put" | "Update" | "Delete" | "ConditionCheck";
  condition: string;
  key: Item;
  /** What an update does. */
  update?: string | undefined;
};

/** A write that is ready to be done, or has failed its condition; nothing has changed yet. */
export type Planned = {
  table: Table;
  key: Item;
  old: Row | undefined;
  fails: boolean;
  wantsOldOnFailure: boolean;
  /** The row afterwards. Throws a ValidationException where the update does not fit the item. */
  next: () => Row | undefined;
};

export type Ignores = ((write: ConditionalWrite) => boolean) | undefined;

const CONDITION = [
  "TableName",
  "ConditionExpression",
  "ExpressionAttributeNames",
  "ExpressionAttributeValues",
  "ReturnValuesOnConditionCheckFailure",
  "ReturnValues",
];
type Conditional = Pick<
  UpdateCommandInput,
  | "ConditionExpression"
  | "UpdateExpression"
  | "ExpressionAttributeNames"
  | "ExpressionAttributeValues"
  | "ReturnValuesOnConditionCheckFailure"
>;

export function plannedPut(table: Table, input: Omit<PutCommandInput, "TableName">, ignores: Ignores): Planned {
  onlyKnows("Put", input, [...CONDITION, "Item"]);
  const item = writtenItem(input.Item ?? {});
  const key = table.keyOf(item);
  const row = table.row(item);
  return planned(table, "Put", key, input, ignores, () => row);
}

export function plannedDelete(table: Table, input: Omit<DeleteCommandInput, "TableName">, ignores: Ignores): Planned {
  onlyKnows("Delete", input, [...CONDITION, "Key"]);
  return planned(table, "Delete", table.key(input.Key), input, ignores, () => undefined);
}

export function plannedCheck(table: Table, input: Conditional & { Key?: Item }, ignores: Ignores): Planned {
  onlyKnows("ConditionCheck", input, [...CONDITION, "Key"]);
  if (input.ConditionExpression === undefined) throw validation("ConditionCheck needs a ConditionExpression");
  return planned(table, "ConditionCheck", table.key(input.Key), input, ignores, (old) => old);
}

export function plannedUpdate(table: Table, input: Omit<UpdateCommandInput, "TableName">, ignores: Ignores): Planned {
  onlyKnows("Update", input, [...CONDITION, "Key", "UpdateExpression"]);
  const key = table.key(input.Key);
  const update = input.UpdateExpression === undefined ? undefined : parseUpdate(input.UpdateExpression);
  return planned(
    table,
    "Update",
    key,
    input,
    ignores,
    (old, context) => {
      if (!update) return old ?? table.row(key);
      return table.row(updated(update, old?.item, key, context));
    },
    update,
  );
}

function planned(
  table: Table,
  operation: ConditionalWrite["operation"],
  key: Item,
  input: Conditional,
  ignores: Ignores,
  next: (old: Row | undefined, context: Context) => Row | undefined,
  update?: ParsedUpdate,
): Planned {
  const text = input.ConditionExpression;
  const condition = text === undefined ? undefined : parseCondition(text);
  const context = contextOf(input, [condition?.uses, update?.uses]);
  if (condition) checkOperands(condition.condition, context);
  if (update) checkUpdate(update, key, context);
  const old = table.get(key);
  const fails =
    condition !== undefined &&
    !holds(condition.condition, old?.item, context) &&
    !ignores?.({ table: table.name, operation, condition: text as string, key, update: input.UpdateExpression });
  return {
    table,
    key,
    old,
    fails,
    wantsOldOnFailure: input.ReturnValuesOnConditionCheckFailure === "ALL_OLD",
    next: () => next(old, context),
  };
}
