import { describe, expect, it } from "vitest";
import { dynamoRights, signedBy } from "../../local/roles/aws-call.ts";
import { compare } from "../../local/roles/compare.ts";
import { rolesText } from "../../local/roles/text.ts";

const TABLE = "arn:aws:dynamodb:eu-west-2:000000000000:table/cars";
const role = (actions: string[], resources: string[]) => ({
  name: "fn",
  statements: [{ actions, resources }],
  byAws: [],
});
const call = (action: string, resource = TABLE, caller = "fn") => ({ caller, action, resource });

describe("a role beside what its function asked for", () => {
  it("is right when each right is used and each call is allowed", () => {
    expect(compare(role(["dynamodb:GetItem"], [TABLE]), [call("dynamodb:GetItem"), call("dynamodb:GetItem")])).toEqual({
      name: "fn",
      calls: 2,
      missing: [],
      spare: [],
    });
  });

  it("lacks what was asked for: another action, another table, an index", () => {
    const asked = [
      call("dynamodb:PutItem"),
      call("dynamodb:GetItem", `${TABLE}2`),
      call("dynamodb:GetItem", `${TABLE}/index/a`),
    ];
    const { missing } = compare(role(["dynamodb:GetItem"], [TABLE]), asked);
    expect(missing).toHaveLength(3);
  });

  it("has to spare what nobody asked for, each resource for itself", () => {
    const { spare } = compare(role(["dynamodb:GetItem", "dynamodb:PutItem"], [TABLE, `${TABLE}2`]), [
      call("dynamodb:GetItem"),
    ]);
    expect(spare).toEqual([
      { action: "dynamodb:GetItem", resource: `${TABLE}2` },
      { action: "dynamodb:PutItem", resource: TABLE },
      { action: "dynamodb:PutItem", resource: `${TABLE}2` },
    ]);
  });

  it("is not helped by what another function asked for", () => {
    expect(compare(role(["dynamodb:GetItem"], [TABLE]), [call("dynamodb:GetItem", TABLE, "other")]).spare).toHaveLength(
      1,
    );
  });

  it("counts what AWS does in its name, and a wildcard as what it covers", () => {
    const byAws = [{ action: "logs:PutLogEvents", resource: "arn:logs:group:x" }];
    const statements = [{ actions: ["logs:Put*"], resources: ["arn:*:group:x"] }];
    expect(compare({ name: "fn", statements, byAws }, [])).toMatchObject({ missing: [], spare: [] });
    expect(compare({ name: "fn", statements: [], byAws }, []).missing).toEqual(byAws);
  });

  it("lacks what a condition of its own does not allow, and what says nothing of it", () => {
    const conditions = { "dynamodb:LeadingKeys": ["acme#*"] };
    const own = { name: "fn", statements: [{ actions: ["a:Get"], resources: [TABLE], conditions }], byAws: [] };
    const saying = (...keys: string[]) => ({ ...call("a:Get"), says: { "dynamodb:LeadingKeys": keys } });
    expect(compare(own, [saying("acme#1"), saying("acme#1", "acme#2")])).toMatchObject({ missing: [], spare: [] });
    expect(compare(own, [saying("acme#1"), saying("acme#1", "bolt#2")]).missing).toEqual([
      { action: "a:Get", resource: TABLE, about: "acme#1, bolt#2" },
    ]);
    expect(compare(own, [saying("acme#1"), call("a:Get")]).missing).toEqual([{ action: "a:Get", resource: TABLE }]);
  });

  it("has to spare what a condition allows and nobody said", () => {
    const conditions = { "dynamodb:LeadingKeys": ["acme#*", "ramp#*"] };
    const own = { name: "fn", statements: [{ actions: ["a:Get"], resources: [TABLE], conditions }], byAws: [] };
    const asked = { ...call("a:Get"), says: { "dynamodb:LeadingKeys": ["acme#1"] } };
    expect(compare(own, [asked]).spare).toEqual([{ action: "a:Get", resource: TABLE, about: "ramp#*" }]);
  });

  it("reads as a line a function and a line a right", () => {
    const text = rolesText([compare(role(["dynamodb:PutItem"], [TABLE]), [call("dynamodb:GetItem")])]);
    expect(text).toBe(
      `fn        1 calls  1 missing  1 spare\n  MISSING dynamodb:GetItem on ${TABLE}\n  SPARE   dynamodb:PutItem on ${TABLE}\n`,
    );
  });
});

describe("what a DynamoDB request needs", () => {
  const rights = (operation: string, body: object) =>
    dynamoRights(`DynamoDB_20120810.${operation}`, JSON.stringify(body), (name) => ({
      arn: `table/${name}`,
      partitionKey: "pk",
    }));

  it("is its own action on its table or index", () => {
    expect(rights("Query", { TableName: "a" })).toEqual([{ action: "dynamodb:Query", resource: "table/a" }]);
    expect(rights("Query", { TableName: "a", IndexName: "open" })).toEqual([
      { action: "dynamodb:Query", resource: "table/a/index/open" },
    ]);
  });

  it("is for each table of a batch, and for each item of a transaction by what is done to it", () => {
    const asked = { RequestItems: { a: { Keys: [] }, b: { Keys: [] } } };
    expect(rights("BatchGetItem", asked).map(({ resource }) => resource)).toEqual(["table/a", "table/b"]);
    expect(
      rights("TransactWriteItems", {
        TransactItems: [
          { Put: { TableName: "a" } },
          { ConditionCheck: { TableName: "a" } },
          { Delete: { TableName: "b" } },
        ],
      }),
    ).toEqual([
      { action: "dynamodb:PutItem", resource: "table/a" },
      { action: "dynamodb:ConditionCheckItem", resource: "table/a" },
      { action: "dynamodb:DeleteItem", resource: "table/b" },
    ]);
  });

  it("says which partitions it is about, each once", () => {
    const item = (pk: string) => ({ pk: { S: pk }, sk: { S: "x" } });
    const saidBy = (operation: string, body: object) =>
      rights(operation, body).map(({ says }) => says?.["dynamodb:LeadingKeys"]);
    expect(saidBy("GetItem", { TableName: "a", Key: item("1") })).toEqual([["1"]]);
    expect(saidBy("PutItem", { TableName: "a", Item: item("1") })).toEqual([["1"]]);
    const read = { a: { Keys: [item("2"), item("1"), item("2")] } };
    expect(saidBy("BatchGetItem", { RequestItems: read })).toEqual([["1", "2"]]);
    const written = { a: [{ PutRequest: { Item: item("1") } }, { DeleteRequest: { Key: item("2") } }] };
    expect(saidBy("BatchWriteItem", { RequestItems: written })).toEqual([["1", "2"]]);
    const transaction = [{ Put: { TableName: "a", Item: item("1") } }, { Delete: { TableName: "a", Key: item("2") } }];
    expect(saidBy("TransactWriteItems", { TransactItems: transaction })).toEqual([["1"], ["2"]]);
    expect(saidBy("Query", { TableName: "a" })).toEqual([undefined]);
  });

  it("is asked for by whoever signed", () => {
    const header =
      "AWS4-HMAC-SHA256 Credential=headroom-dev-fn/20261121/eu-west-2/dynamodb/aws4_request, SignedHeaders=host";
    expect(signedBy(header)).toEqual({ caller: "headroom-dev-fn", region: "eu-west-2", service: "dynamodb" });
    expect(signedBy(undefined)).toBeUndefined();
  });
});
