import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { App, Stage } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { mockClient } from "aws-sdk-client-mock";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { stagesFrom } from "../../lib/stages.ts";
import { StateStack } from "../../lib/state-stack.ts";
import { BadInput } from "../../local/feeds/bad-input.ts";
import { connect, type Deployment } from "../../local/ops/connection.ts";
import { clockFrom, localNow } from "../../local/ops/local-now.ts";
import { forgetDeployment, rememberDeployment, runningDeployment } from "../../local/ops/remembered.ts";
import { stageDeployment } from "../../local/ops/stage.ts";
import type { Target } from "../../local/ops/target.ts";
import { instant, plusMs } from "../../shared/domain/instant.ts";
import { aCommand, anAsset, aPlan, aReading, assetInput, reached, runOps } from "./ops-world.ts";
import { NOON, type RunningFixture, runFixture } from "./run-fixture.ts";

describe("a stage on AWS", () => {
  const client = new CloudFormationClient({ region: "eu-west-1" });
  const aws = mockClient(client);
  beforeEach(() => aws.reset());

  /** The outputs that the state stack of a stage really has, with their names for values. */
  function outputs(): { OutputKey: string; OutputValue: string }[] {
    const template = Template.fromStack(new StateStack(new App(), "State", stagesFrom({}).prod));
    return Object.keys(template.toJSON().Outputs).flatMap((key) =>
      key.startsWith("ExportsOutput") ? [] : [{ OutputKey: key, OutputValue: `the ${key}` }],
    );
  }
  const answer = (Outputs: { OutputKey: string; OutputValue: string }[]) =>
    aws.on(DescribeStacksCommand, { StackName: "headroom-prod-state" }).resolves({
      Stacks: [
        { StackName: "headroom-prod-state", CreationTime: new Date(0), StackStatus: "CREATE_COMPLETE", Outputs },
      ],
    });

  it("is found by the outputs of its state stack", async () => {
    answer(outputs());
    const names = ["assets", "schedule", "readings", "signals", "plans", "commands", "accounts"];
    expect(await stageDeployment("prod", client)).toEqual({
      tables: Object.fromEntries(names.map((name) => [name, `the ${name[0]?.toUpperCase()}${name.slice(1)}Table`])),
      fleets: ["main"],
      siteRegion: "C",
      busName: "the BusName",
      tokenKeyArn: "the TokenKeyArn",
      region: "eu-west-1",
    });
  });

  it("is missed by its stack's name, with what to set", async () => {
    const error = Object.assign(new Error("Stack with id headroom-prod-state does not exist"), {
      name: "ValidationError",
    });
    aws.on(DescribeStacksCommand).rejects(error);
    await expect(stageDeployment("prod", client)).rejects.toThrow(
      /^Stage prod is not deployed in eu-west-1: there is no stack headroom-prod-state\. Set AWS_REGION/,
    );
    await expect(stageDeployment("prod", client)).rejects.toBeInstanceOf(BadInput);
  });

  it("is refused by the output that it lacks", async () => {
    answer(outputs().filter(({ OutputKey }) => OutputKey !== "BusName"));
    await expect(stageDeployment("prod", client)).rejects.toThrow(/\(CREATE_COMPLETE\) has no output BusName/);
  });

  it("passes on what AWS refuses", async () => {
    aws.on(DescribeStacksCommand).rejects(Object.assign(new Error("no"), { name: "AccessDenied" }));
    await expect(stageDeployment("prod", client)).rejects.not.toBeInstanceOf(BadInput);
  });
});

describe("a local platform", { timeout: 30_000 }, () => {
  let running: RunningFixture;
  let deployment: Deployment;
  let target: Target;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "headroom-ops-"));
    running = await runFixture((app) => {
      const state = new StateStack(new Stage(app, "dev"), "State", stagesFrom({}).dev);
      state.tokenKey.addAlias("alias/tokens");
    });
    const { platform } = running;
    deployment = {
      tables: {
        assets: platform.tableName("TablesAssets"),
        schedule: platform.tableName("TablesSchedule"),
        readings: platform.tableName("TablesReadings"),
        signals: platform.tableName("TablesSignals"),
        plans: platform.tableName("TablesPlans"),
        commands: platform.tableName("TablesCommands"),
        accounts: platform.tableName("TablesAccounts"),
      },
      fleets: ["main"],
      siteRegion: "C",
      busName: "headroom-dev",
      tokenKeyArn: "alias/tokens",
      region: "eu-west-2",
      local: { gatewayUrl: platform.gatewayUrl, dynamodbUrl: platform.dynamodbUrl },
    };
    const now = clockFrom(await localNow(deployment, platform.gatewayUrl));
    const connection = connect(deployment, now);
    // One target for all commands of this file: the connection is closed at its end.
    target = { name: "the local platform", connection: { ...connection, close: () => {} } };
    closing = connection.close;
  });
  let closing = () => {};
  afterAll(() => {
    closing();
    running.stop();
    rmSync(folder, { recursive: true });
  });

  it("tells its own time, not ours", async () => {
    const at = await localNow(deployment, running.platform.gatewayUrl);
    expect(at).toBe(instant(NOON));
    expect(running.platform.refusals()).toEqual([]);
  });

  it("does not answer once it is gone", async () => {
    await expect(localNow(deployment, "http://127.0.0.1:9")).rejects.toThrow("The local platform does not answer.");
  });

  it("takes a car and its login, and tells both", async () => {
    const file = join(folder, "car.json");
    writeFileSync(file, JSON.stringify(assetInput()));
    expect(await runOps(["enrol", file], target)).toMatchObject({ code: 0, err: "" });
    expect((await runOps(["enrol", file], target)).out).toContain("nothing changed");
    const pair = { accessToken: "access-9d1f", refreshToken: "refresh-77c2" };
    const link = ["link", "--integration", "acme", "--account", "customer-0001"];
    expect(await runOps(link, target, JSON.stringify(pair))).toMatchObject({ code: 0, err: "" });

    const { connection } = target;
    const account = await connection.accounts.get("acme#customer-0001");
    if (!account) throw new Error("the account was not stored");
    expect(JSON.stringify(account)).not.toMatch(/access-9d1f|refresh-77c2/);
    expect(JSON.parse(await connection.sealer.open(account.tokens, { account: account.account }))).toEqual(pair);
    const place = { integration: "acme", stream: "charge", assetId: "car-0001" } as const;
    expect(await connection.schedule.find(place, [15])).toMatchObject({ periodMinutes: 15 });
    const announced = running.platform.archivedEvents().map((event) => event["detail-type"]);
    expect(announced).toEqual(["AssetEnrolled", "AssetEnrolled"]);

    const { out } = await runOps(["status", "car-0001"], target);
    expect(out).toContain("now         Fri 20 Nov 12:00, Europe/London (UTC+00:00)");
    expect(out).toContain("account     customer-0001, linked");
    expect(out).toContain("Plan: none yet");
  });

  it("gives back what the Lambdas stored", async () => {
    const { connection } = target;
    const now = connection.now();
    const plan = aPlan([], { version: 1, madeAt: now, readyBy: plusMs(now, 7_200_000) });
    await connection.assets.put(anAsset());
    await connection.plans.put(plan, undefined);
    await connection.readings.record(aReading({ observedAt: plusMs(now, -60_000) }), reached({ lastFetchedAt: now }));
    for (const minutes of [-30, -20, -10]) {
      await connection.commands.issue(aCommand({ issuedAt: plusMs(now, minutes * 60_000), status: "issued" }));
    }
    const { out } = await runOps(["status", "car-0001"], target);
    expect(out).toContain("state       stopped, plugged in, 0.0 kW, 48 % (28.9 kWh)");
    expect(out).toContain("Plan 1: 20.8 kWh by Fri 20 Nov 14:00");
    expect(out.match(/Open command: start 32 A, issued/g)).toHaveLength(3);
    const rows = await runOps(["commands", "car-0001", "--limit", "2"], target);
    expect(rows.out.match(/20 Nov \d\d:\d\d/g)).toEqual(["20 Nov 11:50", "20 Nov 11:40"]);
  });

  it("is remembered by a file while its process lives, and forgotten only by that process", () => {
    const file = join(folder, "remembered", "platform.json");
    expect(runningDeployment(file)).toBeUndefined();
    rememberDeployment(deployment, file);
    expect(runningDeployment(file)).toEqual(deployment);
    writeFileSync(file, JSON.stringify({ ...deployment, pid: process.ppid }));
    forgetDeployment(file);
    expect(runningDeployment(file)).toEqual(deployment);
    rememberDeployment(deployment, file);
    forgetDeployment(file);
    expect(existsSync(file)).toBe(false);
  });

  it.each(["", "{", "{}", '{"pid":1}'])("is not there when the file says %j", (text) => {
    const file = join(folder, "platform.json");
    writeFileSync(file, text);
    expect(runningDeployment(file)).toBeUndefined();
  });

  it("is not there when its process is gone", () => {
    const file = join(folder, "platform.json");
    // Above every pid that Linux or macOS hands out.
    writeFileSync(file, JSON.stringify({ ...deployment, pid: 2 ** 30 }));
    expect(runningDeployment(file)).toBeUndefined();
  });
});
