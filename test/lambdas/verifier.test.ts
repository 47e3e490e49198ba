import { describe, expect, it } from "vitest";
import { run } from "../../lambdas/verifier/handler.ts";
import type { Command } from "../../shared/domain/command.ts";
import { FAULT_TREATMENT } from "../../shared/domain/fault.ts";
import type { Instant } from "../../shared/domain/instant.ts";
import type { Reading } from "../../shared/domain/reading.ts";
import { aCommand, aHeatReading, aReach, aReading, at, charging, queued } from "../builders.ts";
import { fakeBus, published } from "../fakes/bus.ts";
import { fakeCausesStore } from "../fakes/causes-store.ts";
import { fakeClock } from "../fakes/clock.ts";
import { fakeCommandsStore } from "../fakes/commands-store.ts";
import { fakeLog } from "../fakes/log.ts";
import { fakeMeter } from "../fakes/meter.ts";
import { fakeReadingsStore } from "../fakes/readings-store.ts";

const SEEN_AT = at("2026-11-21T02:01Z");
const CHECK_AT = at("2026-11-21T02:11Z");
const accepted = (changes: Partial<Command> = {}) =>
  aCommand({ status: "accepted", acceptedAt: at("2026-11-21T02:00:05Z"), checkAt: CHECK_AT, ...changes });

function world(...commands: Command[]) {
  const clock = fakeClock("2026-11-21T02:01:10Z");
  const deps = {
    now: clock.now,
    log: fakeLog(),
    remainingMs: () => 60_000,
    commands: fakeCommandsStore(commands, { by: "verifier", now: clock.now }),
    readings: fakeReadingsStore(),
    causes: fakeCausesStore(),
    bus: fakeBus(),
    meter: fakeMeter("verifier"),
  };
  return {
    clock,
    deps,
    read: (reading: Reading) => deps.readings.record(reading, aReach(reading.receivedAt)),
    tick: (tickAt: Instant) => {
      clock.set(tickAt);
      return run({ tickAt }, deps);
    },
    news: (...events: { name: string; detail: object }[]) => run(queued(...events), deps),
    statuses: () => deps.commands.all().map((command) => command.status),
    names: () => deps.bus.published.map((event) => event.name),
  };
}

const telemetry = (...assetIds: string[]) => ({
  name: "TelemetryRecorded",
  detail: {
    integration: "acme-cars",
    matters: false,
    readings: assetIds.map((assetId) => ({ assetId, stream: "charge", observedAt: SEEN_AT, matters: false })),
  },
});
const acceptedEvent = (command: Command) => ({
  name: "CommandAccepted",
  detail: {
    commandId: command.commandId,
    assetId: command.assetId,
    integration: command.integration,
    withoutEffect: false,
  },
});

describe("the verifier", () => {
  it("confirms by a reading made after acceptance, writes the evidence and says so once", async () => {
    const { read, news, deps, names } = world(accepted());
    await read(charging({ observedAt: SEEN_AT }));
    expect(await news(telemetry("car-0001"))).toEqual({ batchItemFailures: [] });
    expect(deps.commands.all()[0]).toMatchObject({
      status: "confirmed",
      endedAt: "2026-11-21T02:01:10.000Z",
      evidence: "reading of 2026-11-21T02:01:00.000Z: charging at 7.3 kW",
    });
    expect(published(deps.bus, "CommandConfirmed")).toEqual([
      { commandId: accepted().commandId, assetId: "car-0001", integration: "acme-cars", afterMs: 55_000 },
    ]);
    expect(deps.log.of("VERDICT").map((line) => line.fields.verdict)).toEqual(["confirmed"]);

    await news(telemetry("car-0001"), telemetry("car-0001"));
    expect(names()).toEqual(["CommandConfirmed"]);
  });

  it("is not moved by the vendor's 200 alone", async () => {
    const { news, statuses, names } = world(accepted());
    await news(acceptedEvent(accepted()));
    expect(statuses()).toEqual(["accepted"]);
    expect(names()).toEqual([]);
  });

  it("looks at once when a command is accepted: the reading may have come first", async () => {
    const { read, news, statuses } = world(accepted());
    await read(charging({ observedAt: SEEN_AT }));
    await news(acceptedEvent(accepted()));
    expect(statuses()).toEqual(["confirmed"]);
  });

  it("leaves alone the commands of assets that are not in the news", async () => {
    const other = accepted({ assetId: "car-0002" });
    const { read, news, statuses } = world(accepted(), other);
    await read(charging({ observedAt: SEEN_AT }));
    await read(charging({ assetId: "car-0002", observedAt: SEEN_AT }));
    await news(telemetry("car-0002"));
    expect(statuses()).toEqual(["accepted", "confirmed"]);
  });

  it("misses a command at the minute its time has run out, raises the fault and says who has the next move", async () => {
    const { read, tick, deps, names } = world(accepted());
    await read(aReading({ observedAt: SEEN_AT, state: "disconnected", plugged: false }));
    await tick(at("2026-11-21T02:10Z"));
    expect(names()).toEqual([]);

    await tick(CHECK_AT);
    expect(deps.commands.all()[0]).toMatchObject({ status: "missed", faultClass: "customer-must-act" });
    const reference = { assetId: "car-0001", integration: "acme-cars", faultClass: "customer-must-act" };
    expect(published(deps.bus, "CommandMissed")).toEqual([{ ...reference, commandId: accepted().commandId }]);
    expect(published(deps.bus, "FaultRaised")).toEqual([
      { ...reference, nextStep: FAULT_TREATMENT["customer-must-act"].nextStep },
    ]);

    await tick(at("2026-11-21T02:12Z"));
    expect(names()).toEqual(["CommandMissed", "FaultRaised"]);
  });

  it("takes a car that charges at less for one that cannot more, but not where our last command left it so", async () => {
    const earlier = (minute: number, changes: Partial<Command>) =>
      accepted({ commandId: `2026-11-21T01:0${minute}-before`, issuedAt: at(`2026-11-21T01:0${minute}Z`), ...changes });
    const told = async (provedA: number) => {
      const proved = earlier(0, { status: "confirmed", action: { kind: "charge.start", currentA: provedA } });
      const again = world(proved, earlier(1, { status: "missed", faultClass: "transient" }), accepted());
      await again.read(charging({ observedAt: SEEN_AT, currentLimitA: 6, powerKw: 1.4 }));
      await again.tick(CHECK_AT);
      return again.names()[0];
    };
    expect([await told(10), await told(6)]).toEqual(["CommandConfirmed", "CommandMissed"]);
  });

  it("clears what earlier commands left behind when one is proved, and tells a fault that stands no second time", async () => {
    const earlier = (minute: number, changes: Partial<Command>) =>
      accepted({ commandId: `2026-11-21T01:0${minute}-before`, issuedAt: at(`2026-11-21T01:0${minute}Z`), ...changes });
    const missed = earlier(1, { status: "missed", faultClass: "transient" });
    const proved = world(missed, accepted());
    await proved.read(charging({ observedAt: SEEN_AT }));
    await proved.news(telemetry("car-0001"));
    expect(proved.names()).toEqual(["CommandConfirmed", "FaultCleared"]);
    expect(published(proved.deps.bus, "FaultCleared")).toMatchObject([{ faultClass: "transient" }]);

    const again = world(missed, accepted());
    await again.read(aReading({ observedAt: SEEN_AT }));
    await again.tick(CHECK_AT);
    expect(again.names()).toEqual(["CommandMissed"]);

    const later = earlier(0, {
      status: "rejected",
      faultClass: "customer-must-act",
      issuedAt: at("2026-11-21T02:00:30Z"),
    });
    const other = world(later, accepted());
    await other.read(charging({ observedAt: SEEN_AT }));
    await other.news(telemetry("car-0001"));
    expect(other.names()).toEqual(["CommandConfirmed"]);
  });

  it("lets a command expire that was not sent in time", async () => {
    const { tick, deps, statuses } = world(aCommand());
    await tick(at("2026-11-21T04:59Z"));
    expect(statuses()).toEqual(["issued"]);
    await tick(at("2026-11-21T05:00Z"));
    expect(statuses()).toEqual(["expired"]);
    expect(published(deps.bus, "CommandExpired")).toHaveLength(1);
  });

  it("makes unknown what a worker that is gone was sending, without a verdict", async () => {
    const sending = aCommand({ status: "sending", checkAt: at("2026-11-21T02:01:30Z") });
    const { tick, deps, names } = world(sending);
    await tick(at("2026-11-21T02:01Z"));
    expect(deps.commands.all()[0]?.status).toBe("sending");
    await tick(at("2026-11-21T02:02Z"));
    expect(deps.commands.all()[0]).toMatchObject({
      status: "unknown",
      checkAt: sending.notAfter,
      evidence: "the worker that sent it is gone",
    });
    expect(names()).toEqual([]);
  });

  it("confirms an unknown that turns out to have acted", async () => {
    const { read, news, statuses } = world(aCommand({ status: "unknown" }));
    await read(charging({ observedAt: SEEN_AT }));
    await news(telemetry("car-0001"));
    expect(statuses()).toEqual(["confirmed"]);
  });

  describe("of a heat pump's mode", () => {
    const boost = accepted({
      assetId: "heat-pump-0001",
      integration: "acme-heat",
      action: { kind: "heat.mode", mode: "boost" },
    });
    const boosted = aHeatReading({ observedAt: SEEN_AT, mode: "boost" });

    it("reads the stream that proves it, beside a car's", async () => {
      const { read, news, deps, statuses } = world(accepted(), boost);
      await read(charging({ observedAt: SEEN_AT }));
      await read(boosted);
      await news(telemetry("car-0001"), telemetry("heat-pump-0001"));
      expect(statuses()).toEqual(["confirmed", "confirmed"]);
      expect(deps.commands.all().map((command) => command.evidence)).toEqual([
        "reading of 2026-11-21T02:01:00.000Z: charging at 7.3 kW",
        "reading of 2026-11-21T02:01:00.000Z: mode boost at 1.4 kW",
      ]);
      expect(published(deps.bus, "CommandConfirmed").map(({ integration }) => integration)).toEqual([
        "acme-cars",
        "acme-heat",
      ]);
    });

    it("asks for no stream that proves nothing open", async () => {
      const { read, news, deps } = world(boost);
      await read(boosted);
      const asked: [readonly string[], string][] = [];
      const { latest } = deps.readings;
      deps.readings.latest = (assetIds, stream) => {
        asked.push([assetIds, stream]);
        return latest(assetIds, stream);
      };
      await news(telemetry("heat-pump-0001"));
      expect(asked).toEqual([[["heat-pump-0001"], "heat"]]);
    });

    it("is not moved by what is known of the asset on another stream", async () => {
      const { read, news, statuses } = world(boost);
      await read(charging({ assetId: "heat-pump-0001", observedAt: SEEN_AT }));
      await news(telemetry("heat-pump-0001"));
      expect(statuses()).toEqual(["accepted"]);
    });
  });

  it("publishes once when a tick and a reading judge the same command at the same time", async () => {
    const { read, tick, news, names } = world(accepted());
    await read(charging({ observedAt: SEEN_AT }));
    await Promise.all([tick(CHECK_AT), news(telemetry("car-0001")), news(telemetry("car-0001"))]);
    expect(names()).toEqual(["CommandConfirmed"]);
  });

  it("publishes nothing when there is nothing open", async () => {
    const { tick, news, names } = world();
    expect(await tick(CHECK_AT)).toEqual({ batchItemFailures: [] });
    await news(telemetry("car-0001"));
    expect(names()).toEqual([]);
  });

  it("leaves a record that does not fit on the queue and judges by the others", async () => {
    const { read, deps, statuses } = world(accepted());
    await read(charging({ observedAt: SEEN_AT }));
    const batch = queued({ name: "TelemetryRecorded", detail: { readings: "all of them" } }, telemetry("car-0001"));
    const bad = batch.Records[0]?.messageId;
    expect(await run(batch, deps)).toEqual({ batchItemFailures: [{ itemIdentifier: bad }] });
    expect(statuses()).toEqual(["confirmed"]);
    expect(deps.log.of("RECORD_REFUSED").map((line) => line.fields)).toEqual([{ messageId: bad }]);
  });
});

describe("what the verifier counts", () => {
  const counts = ({ deps }: ReturnType<typeof world>) => {
    const { ticks: _, ...others } = Object.fromEntries(deps.meter.counts);
    return others;
  };

  it("is each command that is confirmed, once, of its integration", async () => {
    const one = world(accepted());
    await one.read(charging({ observedAt: SEEN_AT }));
    await one.news(telemetry("car-0001"));
    await one.news(telemetry("car-0001"));
    expect(one.deps.meter.sent).toEqual([
      { name: "commands_confirmed", value: 1, dimensions: { service: "verifier", integration: "acme-cars" } },
    ]);
  });

  it("is each that is missed, but not where the customer has to act or the owner has another schedule", async () => {
    const missed = world(accepted());
    await missed.read(aReading({ observedAt: SEEN_AT, state: "stopped" }));
    await missed.tick(CHECK_AT);
    expect(counts(missed)).toEqual({ commands_confirmed: 0, commands_missed: 1 });
    const unseen = world(accepted());
    await unseen.tick(CHECK_AT);
    expect(unseen.statuses()).toEqual(["missed"]);
    expect(counts(unseen)).toEqual({ commands_confirmed: 0, commands_unseen: 1 });
    const unplugged = world(accepted());
    await unplugged.read(aReading({ observedAt: SEEN_AT, state: "disconnected", plugged: false }));
    await unplugged.tick(CHECK_AT);
    expect(counts(unplugged)).toEqual({ commands_confirmed: 0 });
    const scheduled = world(accepted());
    await scheduled.read(aReading({ observedAt: SEEN_AT, state: "stopped", ownScheduleActive: true }));
    await scheduled.tick(CHECK_AT);
    expect(scheduled.statuses()).toEqual(["missed"]);
    expect(counts(scheduled)).toEqual({ commands_confirmed: 0 });
  });

  it("is at each minute what is in doubt for longer than a worker lives, until it is known", async () => {
    const one = world();
    one.clock.set(at("2026-11-21T02:00Z"));
    const issued = await one.deps.commands.issue(aCommand());
    const far = { checkAt: at("2026-11-21T05:00Z") };
    const sending = await one.deps.commands.transition(issued ?? expect.fail(), "sending", far);
    one.clock.set(at("2026-11-21T02:00:30Z"));
    const unknown = await one.deps.commands.transition(sending ?? expect.fail(), "unknown", far);
    await one.tick(at("2026-11-21T02:01Z"));
    expect(counts(one)).toEqual({});
    await one.tick(at("2026-11-21T02:02Z"));
    await one.tick(at("2026-11-21T02:03Z"));
    expect(one.statuses()).toEqual(["unknown"]);
    expect(one.deps.meter.sent.filter(({ name }) => name !== "ticks")).toEqual(
      [1, 1].map((value) => ({
        name: "commands_unknown",
        value,
        dimensions: { service: "verifier", integration: "acme-cars" },
      })),
    );
    await one.deps.commands.transition(unknown ?? expect.fail(), "accepted", far);
    await one.tick(at("2026-11-21T02:04Z"));
    expect(counts(one)).toEqual({ commands_unknown: 2 });
  });
});
