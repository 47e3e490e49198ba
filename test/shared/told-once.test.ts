import { describe, expect, it } from "vitest";
import type { NewEvent, StampedEvent } from "../../shared/domain/events.ts";
import type { FaultClass } from "../../shared/domain/fault.ts";
import { toldOnce } from "../../shared/told-once.ts";
import { at } from "../builders.ts";
import { fakeBus, published } from "../fakes/bus.ts";
import { fakeCausesStore } from "../fakes/causes-store.ts";
import { fakeClock } from "../fakes/clock.ts";
import { fakeMeter } from "../fakes/meter.ts";

const NOW = at("2026-11-20T18:00Z");

function world() {
  const bus = fakeBus();
  const clock = fakeClock(NOW);
  const meter = fakeMeter();
  return { bus, clock, meter, once: toldOnce(bus, { causes: fakeCausesStore(), now: clock.now, meter }) };
}

type Who = { assetId: string; accountId?: string };
const raised = (who: Who, faultClass: FaultClass): NewEvent => ({
  name: "FaultRaised",
  detail: { integration: "acme", ...who, faultClass, nextStep: "Do it." },
});
const cleared = (who: Who, faultClass: FaultClass): NewEvent => ({
  name: "FaultCleared",
  detail: { integration: "acme", ...who, faultClass },
});
const stamped = (event: NewEvent, eventId: string): StampedEvent => ({ ...event, eventId, occurredAt: NOW });
const FIRST = { assetId: "car-0001", accountId: "customer-0001" };
const SECOND = { assetId: "car-0002", accountId: "customer-0001" };
const OTHER = { assetId: "car-0003", accountId: "customer-0002" };

describe("a dead login", () => {
  it("is counted as lost once, whoever meets it, and a fault of an asset is not", async () => {
    const { meter, once } = world();
    await once.publish([raised(FIRST, "credentials-revoked"), raised(SECOND, "credentials-revoked")]);
    await once.publish([raised(SECOND, "credentials-revoked"), raised(OTHER, "customer-must-act")]);
    const dimensions = { service: "acme", integration: "acme" };
    expect(meter.sent).toEqual([{ name: "logins_lost", value: 1, dimensions }]);
  });

  it("is told once for all assets of its account, and its end once, of the asset it was told of", async () => {
    const { bus, once } = world();
    await once.publish([raised(FIRST, "credentials-revoked"), raised(SECOND, "credentials-revoked")]);
    await once.publish([raised(SECOND, "credentials-revoked"), raised(OTHER, "credentials-revoked")]);
    expect(published(bus, "FaultRaised").map(({ assetId }) => assetId)).toEqual(["car-0001", "car-0003"]);
    await once.publish([cleared(SECOND, "credentials-revoked")]);
    await once.publish([cleared(FIRST, "credentials-revoked")]);
    expect(published(bus, "FaultCleared").map(({ assetId }) => assetId)).toEqual(["car-0001"]);
    await once.publish([raised(SECOND, "credentials-revoked")]);
    expect(published(bus, "FaultRaised").map(({ assetId }) => assetId)).toEqual(["car-0001", "car-0003", "car-0002"]);
  });
});

describe("what only the owner of a device can do", () => {
  it("is told of each device, by a look or a command", async () => {
    const { bus, once } = world();
    await once.publish([raised(FIRST, "customer-must-act"), raised(SECOND, "customer-must-act")]);
    await once.publish([stamped(raised({ assetId: "car-0001" }, "customer-must-act"), "command-event-1")]);
    expect(published(bus, "FaultRaised").map(({ assetId }) => assetId)).toEqual(["car-0001", "car-0002"]);
    await once.publish([stamped(cleared({ assetId: "car-0001" }, "customer-must-act"), "command-event-2")]);
    await once.publish([cleared(FIRST, "customer-must-act")]);
    expect(published(bus, "FaultCleared")).toHaveLength(1);
  });
});

describe("our own configuration at a vendor", () => {
  it("is told once for the integration", async () => {
    const { bus, once } = world();
    await once.publish([FIRST, SECOND, OTHER].map((who) => raised(who, "our-configuration")));
    expect(published(bus, "FaultRaised")).toHaveLength(1);
  });
});

describe("after a crash", () => {
  it("the same is told again under the same id, so that a consumer can tell", async () => {
    const { bus, clock, once } = world();
    bus.refuses = 1;
    await expect(once.publish([raised(FIRST, "credentials-revoked")])).rejects.toThrow();
    clock.advance(60_000);
    await once.publish([raised(FIRST, "credentials-revoked")]);
    clock.advance(60_000);
    await once.publish([raised(FIRST, "credentials-revoked")]);
    expect(bus.published).toHaveLength(2);
    expect(new Set(bus.ids)).toEqual(
      new Set(["acme#account:customer-0001#credentials-revoked#raised#2026-11-20T18:00:00.000Z"]),
    );
  });

  it("a command's event keeps its own id", async () => {
    const { bus, once } = world();
    const event = stamped(raised(FIRST, "customer-must-act"), "command-event-1");
    await once.publish([event]);
    await once.publish([event]);
    expect(bus.ids).toEqual(["command-event-1", "command-event-1"]);
  });
});

it("what was never told is not told to be over, and everything else passes", async () => {
  const { bus, once } = world();
  const passing: NewEvent = {
    name: "CommandExpired",
    detail: { commandId: "c", assetId: "car-0001", integration: "acme" },
  };
  await once.publish([cleared(FIRST, "customer-must-act"), passing]);
  expect(bus.published).toEqual([passing]);
});
