import type { Stack } from "aws-cdk-lib";
import { Topic } from "aws-cdk-lib/aws-sns";
import { describe, expect, it } from "vitest";
import { watchIntegration } from "../../lib/alarms/integration-alarms.ts";
import { watchOptimiser } from "../../lib/alarms/optimiser-alarms.ts";
import { watchScheduler } from "../../lib/alarms/scheduler-alarms.ts";
import { watchSignals } from "../../lib/alarms/signals-alarms.ts";
import { watchVerifier } from "../../lib/alarms/verifier-alarms.ts";
import type { Watch } from "../../lib/house-alarm.ts";
import type { MetricName } from "../../shared/domain/metric.ts";
import { MINUTE_MS, NOON, world } from "../local/cloudwatch/alarms-world.ts";
import { aManifest, STAGES } from "./templates.ts";

const MINUTES_A_TURN = 15;
const minutes = { idleMinutes: MINUTES_A_TURN, pluggedMinutes: 5, chargingMinutes: 5, openCommandMinutes: 1 };
const ACME = aManifest({ name: "acme", streams: [{ stream: "charge", cadence: minutes }] });

type Counts = Partial<Record<MetricName, number>>;
type Minute = Partial<Record<"scheduler" | "acme" | "verifier" | "optimiser" | "signals", Counts>>;
const SHARED: readonly string[] = [
  "scheduler_lag_seconds",
  "stored_rows_refused",
  "verdicts_failed",
  "ledger_rows_unreadable",
];

function watched(build: (stack: Stack, watch: (part: string) => Watch) => void) {
  const { alarms, store, pass, told } = world((stack) => {
    const topics = { page: new Topic(stack, "Pages"), ticket: new Topic(stack, "Tickets") };
    build(stack, (part) => ({ stage: STAGES.prod, topics, part, owner: "us", runbook: "docs/runbooks/a.md" }));
  });
  return {
    /** Lets these minutes pass, each with what functions count in it. */
    pass(count: number, counts: (minute: number) => Minute) {
      pass(count, (minute) => {
        for (const [service, values] of Object.entries(counts(minute))) {
          for (const [name, value] of Object.entries(values)) {
            const ofVendor = ["scheduler", "acme", "verifier"].includes(service) && !SHARED.includes(name);
            const dimensions = { service, ...(ofVendor && { integration: "acme" }) };
            const datum = { namespace: "Headroom", name, dimensions, value: value ?? 0 };
            store.put(datum, NOON + minute * MINUTE_MS + MINUTE_MS / 2);
          }
        }
      });
    },
    /** `<minute> <part>-<what> <state>` of all that was told, but that nothing is wrong at the start. */
    told: () =>
      told()
        .map((line) => line.replace("headroom-prod-", ""))
        .filter((line) => Number(line.split(" ")[0]) > 20),
    ringing: () =>
      alarms
        .views()
        .flatMap(({ alarm, state }) => (state === "ALARM" && alarm.actions.ALARM.length > 0 ? [alarm.name] : [])),
  };
}

const vendor = () => watched((stack, watch) => watchIntegration(stack, watch("acme"), ACME, 100));
/** Sixty assets of sixty customers, four of whom have their turn in each minute. */
const fine: Minute = {
  scheduler: { assets_checked: 4, assets_not_read: 0 },
  acme: { looks: 4, logins_used: 4, vendor_cost_usd: 0.008 },
  verifier: { commands_confirmed: 1 },
};

describe("a vendor's alarms", () => {
  it("keep still on a good day", () => {
    const acme = vendor();
    acme.pass(8 * 60, () => fine);
    expect(acme.told()).toEqual([]);
    expect(acme.ringing()).toEqual([]);
  });

  it("make one page of an outage, with its end", () => {
    const acme = vendor();
    acme.pass(420, () => fine);
    // Held at once, announced after five minutes, an hour and a half long; then each is not read until its turn.
    const down: Minute = {
      scheduler: { assets_checked: 4, assets_not_read: 4 },
      acme: { looks: 1, looks_failed_vendor: 1, logins_used: 1 },
      verifier: { commands_confirmed: 0, commands_missed: 1 },
    };
    acme.pass(90, (minute) => (minute < 425 ? down : { ...down, scheduler: { ...down.scheduler, vendor_down: 1 } }));
    acme.pass(MINUTES_A_TURN, () => ({ ...fine, scheduler: { assets_checked: 4, assets_not_read: 4 } }));
    acme.pass(7 * 60, () => fine);
    const told = acme.told();
    expect(told.filter((line) => line.endsWith("ALARM"))).toEqual(["426 acme-vendor-down ALARM"]);
    expect(told).toContain("515 acme-vendor-down OK");
  });

  it("page when looks are not made and the vendor is well, and stop soon after", () => {
    const acme = vendor();
    acme.pass(420, () => fine);
    acme.pass(60, () => ({ ...fine, scheduler: { assets_checked: 4, assets_not_read: 4 } }));
    acme.pass(60, () => fine);
    // 14.4 % of an hour is nine minutes; five more are left to an outage to announce itself.
    expect(acme.told()).toEqual(["444 acme-not-read ALARM", "524 acme-not-read OK"]);
  });

  it("page for a slow leak too, which the short windows alone would not tell from noise", () => {
    const acme = vendor();
    acme.pass(420, () => fine);
    acme.pass(5 * 60, (minute) => ({
      ...fine,
      scheduler: { assets_checked: 4, assets_not_read: minute % 3 === 0 ? 1 : 0 },
    }));
    expect(acme.told()).toEqual([expect.stringMatching(/^\d+ acme-not-read ALARM$/)]);
  });

  it("keep still while so few were looked at that it says nothing", () => {
    const acme = vendor();
    // Four an hour; after two and a half they are ten of the slow pair.
    acme.pass(140, (minute) => (minute % 15 === 0 ? { scheduler: { assets_checked: 1, assets_not_read: 1 } } : {}));
    expect(acme.told()).toEqual([]);
    acme.pass(30, (minute) => (minute % 15 === 0 ? { scheduler: { assets_checked: 1, assets_not_read: 1 } } : {}));
    expect(acme.told()).toEqual([expect.stringMatching(/^15\d acme-not-read ALARM$/)]);
  });

  it("page when commands are not followed, until an hour has none", () => {
    const acme = vendor();
    acme.pass(420, () => fine);
    acme.pass(60, () => ({ ...fine, verifier: { commands_confirmed: 0, commands_missed: 1 } }));
    acme.pass(7 * 60, () => ({ ...fine, verifier: {} }));
    const [first, second, ...rest] = acme.told();
    expect(first).toMatch(/^4[56]\d acme-not-confirmed ALARM$/);
    expect(second).toMatch(/^\d+ acme-not-confirmed OK$/);
    expect(rest).toEqual([]);
  });

  it("raise a ticket when nobody knows for long what became of commands, unless the vendor is known to be down", () => {
    const acme = vendor();
    const unknown = { ...fine, verifier: { commands_unknown: 2 } };
    acme.pass(120, () => fine);
    acme.pass(5, () => unknown);
    acme.pass(30, () => fine);
    // Nobody has known since before the outage was announced, which is what takes longest of few customers.
    acme.pass(60, (minute) =>
      minute < 170 ? unknown : { ...unknown, scheduler: { ...fine.scheduler, vendor_down: 1 } },
    );
    acme.pass(30, () => fine);
    expect(acme.told().filter((line) => !line.includes("vendor-down"))).toEqual([]);
    acme.pass(40, () => unknown);
    acme.pass(60, () => fine);
    const told = acme.told().map((line) => line.replace(/^\d+ /, ""));
    expect(told.slice(-2)).toEqual(["acme-unknown-commands ALARM", "acme-unknown-commands OK"]);
  });

  it("page when commands are not looked at, as when assets are not read", () => {
    const acme = vendor();
    acme.pass(420, () => fine);
    acme.pass(60, () => ({ ...fine, verifier: { commands_confirmed: 0, commands_unseen: 1 } }));
    expect(acme.told()).toEqual([expect.stringMatching(/^4[67]\d acme-not-read ALARM$/)]);
  });

  it("page when logins are lost at once, and not when customers leave", () => {
    const acme = vendor();
    acme.pass(120, () => fine);
    acme.pass(6, (minute) => ({ ...fine, acme: { ...fine.acme, ...(minute % 2 === 0 && { logins_lost: 1 }) } }));
    acme.pass(120, () => fine);
    expect(acme.told()).toEqual(["125 acme-logins-lost ALARM", "181 acme-logins-lost OK"]);
    const leaving = vendor();
    leaving.pass(8 * 60, (minute) => ({
      ...fine,
      acme: { ...fine.acme, ...(minute % 40 === 0 && { logins_lost: 1 }) },
    }));
    expect(leaving.told()).toEqual([]);
  });

  it("raise a ticket where the vendor fails some, answers badly, or says too many", () => {
    const acme = vendor();
    const tickets = (counts: Counts) => {
      const acme = vendor();
      acme.pass(120, () => fine);
      acme.pass(45, () => ({ ...fine, acme: { ...fine.acme, ...counts } }));
      acme.pass(5 * 60, () => fine);
      return acme.told().map((line) => line.replace(/^\d+ acme-/, ""));
    };
    expect(tickets({ looks_failed_vendor: 1 })).toEqual(["vendor-errors ALARM", "vendor-errors OK"]);
    expect(tickets({ readings_quarantined: 1 })).toEqual(["quarantined ALARM", "quarantined OK"]);
    expect(tickets({ looks_failed_ours: 1 })).toEqual(["quarantined ALARM", "quarantined OK"]);
    expect(tickets({ budget_blocked: 1 })).toEqual(["blocked ALARM", "blocked OK"]);
    expect(acme.told()).toEqual([]);
  });

  it("raise a ticket when four fifths of a day's money are spent", () => {
    const acme = vendor();
    const spending = () => ({ acme: { looks: 4, vendor_cost_usd: 0.5 } });
    acme.pass(150, spending);
    expect(acme.told()).toEqual([]);
    acme.pass(20, spending);
    expect(acme.told()).toEqual(["160 acme-money ALARM"]);
  });
});

describe("the platform's alarms", () => {
  const platform = () =>
    watched((stack, watch) => {
      watchScheduler(stack, watch("scheduler"));
      watchVerifier(stack, watch("verifier"));
      watchOptimiser(stack, watch("optimiser"));
      watchSignals(stack, watch("signals"));
    });
  const usual = (minute: number): Minute => ({
    scheduler: { scheduler_lag_seconds: 30 },
    ...(minute % 30 === 1 && { signals: { price_hours_ahead: 9, carbon_hours_ahead: 47 } }),
  });
  /** What is told when `counts` come for `count` minutes. */
  const told = (count: number, counts: (minute: number) => Minute) => {
    const all = platform();
    all.pass(120, usual);
    all.pass(count, (minute) => ({ ...usual(minute), ...counts(minute) }));
    all.pass(6 * 60, usual);
    return all.told();
  };

  it("keep still on a good day", () => {
    expect(told(60, () => ({}))).toEqual([]);
  });

  it.each<[what: string, minutes: number, counts: (minute: number) => Minute]>([
    ["scheduler-lag", 10, () => ({ scheduler: { scheduler_lag_seconds: 400 } })],
    ["scheduler-rows-refused", 10, () => ({ scheduler: { scheduler_lag_seconds: 30, stored_rows_refused: 1 } })],
    ["verifier-unjudged", 10, () => ({ verifier: { verdicts_failed: 1 } })],
    ["verifier-unjudged", 10, () => ({ verifier: { ledger_rows_unreadable: 1 } })],
    ["optimiser-plans-stale", 65, (minute) => (minute % 30 === 2 ? { optimiser: { plans_stale: 1 } } : {})],
    ["optimiser-given-up", 5, () => ({ optimiser: { portfolios_given_up: 1 } })],
    ["signals-prices-stale", 60, (minute) => (minute % 30 === 1 ? { signals: { price_hours_ahead: 2 } } : {})],
    ["signals-carbon-stale", 60, (minute) => (minute % 30 === 1 ? { signals: { carbon_hours_ahead: 5 } } : {})],
  ])("%s rings for its cause and for nothing else, and ends", (what, count, counts) => {
    expect(told(count, counts).map((line) => line.replace(/^\d+ /, ""))).toEqual([`${what} ALARM`, `${what} OK`]);
  });

  it("take one car without a plan for no reason to tell anybody", () => {
    expect(told(1, () => ({ optimiser: { plans_stale: 1 } }))).toEqual([]);
  });
});
