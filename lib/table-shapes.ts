/** Name of a table as code says it: `assets` is told to a function as `ASSETS_TABLE`. */
export type TableName = "assets" | "schedule" | "readings" | "signals" | "plans" | "commands" | "accounts";

/** A sparse index: items without its keys are not in it. Its partition is text; `sort` says its type. */
export type IndexShape = {
  name: string;
  partition: string;
  sort?: { name: string; type: "S" | "N" };
  /** Only keys are kept in the index, not the whole item. */
  keysOnly?: true;
};

/** Keys of a table, all of them text; `expires` when items carry `expiresAt` in epoch seconds. */
export type TableShape = { partition: string; sort?: string; expires?: true; indexes?: readonly IndexShape[] };

/** One table per concern, so that a grant reads like a sentence. What deploys and what simulates are made from this. */
export const TABLE_SHAPES: Record<TableName, TableShape> = {
  assets: {
    partition: "assetId",
    indexes: [
      { name: "byAccount", partition: "accountId" },
      { name: "byFleet", partition: "fleetId" },
      { name: "bySite", partition: "siteId" },
    ],
  },
  schedule: { partition: "pk", sort: "sk", expires: true },
  readings: { partition: "assetId", sort: "stream" },
  signals: { partition: "series", sort: "startsAt", expires: true },
  plans: {
    partition: "assetId",
    indexes: [
      { name: "byNextEdge", partition: "edgeShard", sort: { name: "nextEdgeAtMs", type: "N" }, keysOnly: true },
    ],
  },
  commands: {
    partition: "assetId",
    sort: "commandId",
    expires: true,
    indexes: [{ name: "open", partition: "openIn", sort: { name: "dueAtMs", type: "N" }, keysOnly: true }],
  },
  accounts: { partition: "account" },
};
