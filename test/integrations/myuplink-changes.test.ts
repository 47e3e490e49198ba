import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import asset from "../../lambdas/integrations/myuplink/asset.json" with { type: "json" };
import { connectMyUplink } from "../../lambdas/integrations/myuplink/client.ts";
import { manifest } from "../../lambdas/integrations/myuplink/manifest.ts";
import { Asset } from "../../shared/domain/asset.ts";
import { anAsset } from "../builders.ts";
import { Fixture, play } from "../conformance/fixture.ts";
import { aBench, aTarget, DEVICE, mode, points, rejection, systems } from "./myuplink-bench.ts";

const FOLDER = new URL("../../lambdas/integrations/myuplink/fixtures/", import.meta.url);

function textOf(file: string): string {
  return readFileSync(new URL(file, FOLDER), "utf8");
}

/** Plays a fixture; gives what was thrown, and the bodies of all calls but looks. */
async function replay(file: string) {
  const changes: unknown[] = [];
  const played = await play(Fixture.parse(JSON.parse(textOf(file))), {
    asset: Asset.parse(asset),
    endpoints: manifest.endpoints,
    connect: (connection) =>
      connectMyUplink({
        ...connection,
        fetch: (input, init) => {
          if (init?.method !== "GET") changes.push(typeof init?.body === "string" ? JSON.parse(init.body) : undefined);
          return connection.fetch(input, init);
        },
      }),
  });
  return { changes, thrown: "thrown" in played ? played.thrown : undefined };
}

describe("a command sends", () => {
  it.each([
    ["command-boost", [{ "50004": "1" }]],
    ["command-boost-from-away", [{ smartHomeMode: "Default" }, { "50004": "1" }]],
    ["command-boost-holds", []],
    ["command-normal", [{ smartHomeMode: "Default" }]],
    ["command-normal-after-lux", [{ "50004": "0" }]],
    ["command-normal-holds", []],
    ["command-normal-no-subscription", [{ smartHomeMode: "Default" }, { "50004": "0" }]],
    ["command-normal-unsettled", [{ smartHomeMode: "Home" }, { "50004": "0" }]],
    ["command-reduced", [{ smartHomeMode: "Away" }]],
    ["command-reduced-holds", []],
    ["command-reduced-vacation", []],
    ["command-vacation", []],
  ])("%s: %j", async (name, expected) => {
    expect((await replay(`${name}.json`)).changes).toEqual(expected);
  });
});

describe("a refused change says who must act, and how", () => {
  it.each([
    ["command-403-unexplained", "subscription with control, and connect"],
    ["command-no-subscription", "valid myUplink subscription"],
    ["command-not-owner", "owns the system"],
  ])("%s: %s", async (name, words) => {
    expect(String((await replay(`${name}.json`)).thrown)).toContain(words);
  });
});

it("refuses an asset that is no heat pump before any call", async () => {
  const { client, counted } = aBench([systems()]);
  const target = aTarget({ asset: anAsset() });
  const until = target.asset.consent.givenAt;
  for (const refused of [
    client.look(target, { expectAwake: true }),
    client.prepare(target),
    client.command(target, { kind: "charge.stop" }, { until }),
  ])
    expect(await rejection(refused)).toMatchObject({ fault: "our-configuration", mayHaveActed: false });
  expect(counted).toEqual([]);
});

it("reads a device that tells no time of anything as online, without a reading", async () => {
  // A setting's own time is when it was set, which says nothing of the sensors.
  const lux = { parameterId: "50004", writable: true, timestamp: "2026-11-04T21:06:26+00:00", value: 0, strVal: "off" };
  const { client } = aBench([systems(), points(lux), mode("Default")]);
  expect(await client.look(aTarget(), { expectAwake: true })).toEqual({ online: true });
});

it.each(readdirSync(FOLDER).filter((name) => name.endsWith(".json")))("%s holds invented ids only", (file) => {
  const text = textOf(file);
  expect(text).not.toMatch(/address|"serialNumber": "(?!000000)/i);
  for (const id of text.match(/[a-z]+-r-\d{4}-[\w-]+/g) ?? []) expect(id).toBe(DEVICE);
});
