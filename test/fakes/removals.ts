import { TABLE_SHAPES } from "../../lib/table-shapes.ts";
import { memoryDocumentClient } from "../../local/memory/document-client.ts";
import { type RemovalStore, removalStore } from "../../local/ops/removal-store.ts";

/** The tables of a platform in memory are named as code says them. */
export const TABLES = {
  assets: "assets",
  schedule: "schedule",
  readings: "readings",
  signals: "signals",
  plans: "plans",
  commands: "commands",
  accounts: "accounts",
};

/** Of a platform where nothing is stored. */
export function noRemovals(): RemovalStore {
  return removalStore(memoryDocumentClient({ tables: TABLE_SHAPES }), TABLES);
}
