import { type DynamoDBDocumentClient, QueryCommand } from "@aws-sdk/lib-dynamodb";
import { TABLE_SHAPES } from "../../../lib/table-shapes.ts";
import { memoryDocumentClient } from "../../../local/memory/document-client.ts";
import { storesOn } from "./real-stores.ts";
import type { Stores } from "./stores.ts";

/** The real stores over the in-memory DynamoDB. Every query pages by two items. */
export function memoryStores(): Stores {
  const memory = memoryDocumentClient({ tables: TABLE_SHAPES });
  const paging = {
    send: (command: Parameters<DynamoDBDocumentClient["send"]>[0]) =>
      memory.send(
        command instanceof QueryCommand ? new QueryCommand({ Limit: 2, ...command.input }) : (command as never),
      ),
  };
  return storesOn(paging as never, (name) => name);
}
