import { existsSync, readdirSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { checkResult, toLook } from "../../lambdas/integrations/easee/adapter.ts";
import { EaseeCommandResult, EaseeState, ticketOf } from "../../lambdas/integrations/easee/api.ts";
import { EaseeLogin } from "../../lambdas/integrations/easee/login.ts";
import { snapshotOf } from "../../lambdas/integrations/easee/snapshot.ts";
import { at } from "../builders.ts";
import { aBench, aCharger, aTarget, rejection } from "./easee-bench.ts";

const SHARED = process.env.HEADROOM_SHARED_DATA;
const FOLDER = SHARED
  ? new URL("vendors/easee/", pathToFileURL(`${SHARED}/`))
  : new URL("../../../shared/data/vendors/easee/", import.meta.url);

const text = (name: string) => readFileSync(new URL(name, FOLDER), "utf8");
const recorded = (name: string): unknown => JSON.parse(text(name));
const RECORDED_AT = at("2020-07-18T20:03:00Z");

/** Where values are asked for, another of Easee's own answers tells none. */
async function isNoReading(name: string): Promise<void> {
  const { client } = aBench([{ status: 200, body: text(name) }]);
  const look = client.look(aTarget(), { expectAwake: true });
  expect(await rejection(look)).toMatchObject({ fault: "malformed-message" });
}

/** What each recorded payload means to us; a file that is not here fails the last test. */
const EXPECTED: Record<string, () => unknown> = {
  "token_login.json": () =>
    expect(EaseeLogin.parse(recorded("token_login.json"))).toMatchObject({
      accessToken: "sometoken1234",
      refreshToken: "arefreshtoken1234",
      expiresIn: 86_400,
    }),

  "charger_state_awaiting_start.json": async () => {
    const state = EaseeState.parse(recorded("charger_state_awaiting_start.json"));
    const dated = { id: 183, timestamp: at("2020-07-18T20:02:30Z"), value: "0" };
    const told = toLook(snapshotOf([dated], state, RECORDED_AT), aCharger(), undefined, RECORDED_AT);
    expect(told.reading).toMatchObject({
      observedAt: "2020-07-18T20:02:30.000Z",
      state: "stopped",
      plugged: true,
      powerKw: 0,
      sessionKwh: 5.395103454589844,
      currentLimitA: 32,
    });
    // By itself it is undated: its heartbeat does not make a reading.
    const alone = async () => toLook(snapshotOf([], state, RECORDED_AT), aCharger(), undefined, RECORDED_AT);
    expect(await rejection(alone())).toMatchObject({ fault: "malformed-message" });
    // And read much later, the heartbeat has stopped.
    const later = at("2020-07-18T20:20:00Z");
    expect(toLook(snapshotOf([dated], state, later), aCharger(), undefined, later)).toEqual({ online: false });
  },

  "command_resume_202.json": () => {
    const body = /"body"\s*:\s*(\{[^}]*\})/.exec(text("command_resume_202.json"))?.[1] ?? "";
    const ticket = ticketOf({ status: 202, headers: new Headers(), text: body }, "resume_charging");
    expect(ticket).toMatchObject({ device: "EH000000", commandId: 48, ticks: "638618165287594090" });
  },

  "signalr_command_response_accepted.json": () => {
    const result = EaseeCommandResult.parse(recorded("signalr_command_response_accepted.json"));
    expect(() => checkResult(result, "resume_charging")).not.toThrow();
  },

  "amqp_set_dynamic_charger_current_command.json": () => {
    // The same command as ours on another transport: argument 1 is amps, argument 2 its life in minutes.
    const command = z.object({
      Id: z.literal(48),
      Arguments: z.array(z.object({ Id: z.number(), Value: z.string() })),
    });
    expect(command.parse(recorded("amqp_set_dynamic_charger_current_command.json")).Arguments).toEqual([
      { Id: 1, Value: "13" },
      { Id: 2, Value: "5" },
    ]);
  },

  // Calls that we do not make: the id is given at enrolment, installer's settings are not ours, and a stream needs a server.
  "chargers.json": () =>
    expect(z.array(z.looseObject({ id: z.string() })).parse(recorded("chargers.json"))).toHaveLength(1),
  "charger_config.json": () => isNoReading("charger_config.json"),
  "sites.json": () => isNoReading("sites.json"),
  "signalr_negotiate.json": () => isNoReading("signalr_negotiate.json"),
};

describe.skipIf(!existsSync(FOLDER))("Easee payloads recorded by others", () => {
  it.each(Object.keys(EXPECTED))("map: %s", async (name) => {
    await EXPECTED[name]?.();
  });

  it("all have an expectation", () => {
    const files = readdirSync(FOLDER).filter((name) => name.endsWith(".json"));
    expect(files.sort()).toEqual(Object.keys(EXPECTED).sort());
  });
});
