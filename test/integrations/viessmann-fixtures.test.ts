import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Fixture } from "../conformance/fixture.ts";
import { aBench, aTarget, NOW } from "./viessmann-bench.ts";

const FOLDER = new URL("../../lambdas/integrations/viessmann/fixtures/", import.meta.url);
const files = readdirSync(FOLDER).filter((name) => name.endsWith(".json"));
const textOf = (file: string) => readFileSync(new URL(file, FOLDER), "utf8");

/** Feature, command and parameters of each command that is sent, by fixture. */
const POSTS: Record<string, readonly (readonly [string, string, Record<string, unknown>])[]> = {
  "command-boost-above-band": [],
  "command-boost-from-reduced": [
    ["heating.dhw.temperature.main", "setTargetTemperature", { temperature: 55 }],
    ["heating.dhw.oneTimeCharge", "activate", {}],
  ],
  "command-boost-grid-limit": [],
  "command-boost-holds": [],
  "command-boost-not-executable": [],
  "command-boost-not-there": [],
  "command-boost-switched-off": [],
  "command-boost-unknown-limit": [],
  "command-boost": [["heating.dhw.oneTimeCharge", "activate", {}]],
  "command-charge-start": [],
  "command-normal-from-boost": [["heating.dhw.oneTimeCharge", "deactivate", {}]],
  "command-normal-from-reduced": [["heating.dhw.temperature.main", "setTargetTemperature", { temperature: 55 }]],
  "command-normal-own-target": [],
  "command-reduced-from-boost": [
    ["heating.dhw.oneTimeCharge", "deactivate", {}],
    ["heating.dhw.temperature.main", "setTargetTemperature", { temperature: 50 }],
  ],
  "command-reduced-holds": [],
  "command-reduced-not-executable": [],
  "command-reduced-out-of-bounds": [],
  "command-reduced-own-target": [],
  "command-reduced": [["heating.dhw.temperature.main", "setTargetTemperature", { temperature: 50 }]],
};

/** What the common format cannot say: it counts the calls, and these are their bodies. */
describe("what is sent to Viessmann", () => {
  it.each(Object.entries(POSTS))("%s", async (name, wanted) => {
    const { action, answers } = Fixture.parse(JSON.parse(textOf(`${name}.json`)));
    if (!action) throw new Error(`${name} is no command`);
    const bench = aBench(answers);
    await bench.client.command(aTarget(), action, { until: NOW }).catch(() => undefined);
    const posts = bench.sent
      .filter(({ method }) => method === "POST")
      .map(({ url, body }) => [...(url.pathname.split("/features/").at(-1) ?? "").split("/commands/"), body]);
    expect(posts).toEqual(wanted);
  });

  it("is told for every command that was taken", () => {
    const taken = files.filter((file) => "taken" in Fixture.parse(JSON.parse(textOf(file))).expected);
    expect(Object.keys(POSTS)).toEqual(expect.arrayContaining(taken.map((file) => file.replace(".json", ""))));
  });
});

describe("a device out of reach", () => {
  it.each([
    ["fault-400-device-offline.json", /is it switched on\?/],
    ["fault-400-gateway-offline.json", /check the internet box/],
  ])("is told with what the customer can do (%s)", async (file, advice) => {
    const { answers } = Fixture.parse(JSON.parse(textOf(file)));
    await expect(aBench(answers).client.look(aTarget(), { expectAwake: true })).rejects.toThrow(advice);
  });
});

describe("the recorded answers", () => {
  it.each(files)("hold no id in any address (%s)", (file) => {
    expect(textOf(file)).not.toMatch(/installations\/\d|gateways\/\d|"gatewayId": "\d|address/i);
  });
});
