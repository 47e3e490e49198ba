import { describe, expect, it } from "vitest";
import { heatWishes } from "../../lambdas/optimiser/wishes.ts";
import type { Command, CommandStatus } from "../../shared/domain/command.ts";
import type { HeatMode, HeatReading } from "../../shared/domain/reading.ts";
import { aCommand, aHeatPump, aHeatReading, at, aWindow } from "../builders.ts";

const mode = (wanted: HeatMode) => ({ kind: "heat.mode", mode: wanted }) as const;
const told = (wanted: HeatMode, status: CommandStatus = "confirmed", issuedAt = "2026-11-20T12:00Z"): Command =>
  aCommand({ assetId: "heat-pump-0001", action: mode(wanted), status, issuedAt: at(issuedAt) });
const window = (heatMode: HeatMode) => aWindow("2026-11-21T02:00Z", "2026-11-21T05:00Z", { heatMode });
const wishes = (reading: Partial<HeatReading>, ...recent: Command[]) =>
  heatWishes(aHeatPump(), aHeatReading(reading), recent);

describe("what is asked of a heat pump", () => {
  it("is its window's mode", () => {
    expect(wishes({ mode: "normal" }).wanted(window("boost"))).toEqual(mode("boost"));
    expect(wishes({ mode: "normal" }).wanted(window("reduced"))).toEqual(mode("reduced"));
  });

  it("is nothing outside its windows, but to give back what we changed", () => {
    expect(wishes({ mode: "normal" }).wanted(undefined)).toBeUndefined();
    expect(wishes({ mode: "reduced" }).wanted(undefined)).toBeUndefined();
    expect(wishes({ mode: "reduced" }, told("reduced")).wanted(undefined)).toEqual(mode("normal"));
    expect(wishes({ mode: null }, told("boost", "unknown")).wanted(undefined)).toEqual(mode("normal"));
    expect(
      wishes({ mode: "reduced" }, told("reduced"), told("normal", "confirmed", "2026-11-20T13:00Z")).wanted(undefined),
    ).toBeUndefined();
  });

  it.each(["withdrawn", "expired", "rejected"] as const)("forgets what was %s: it changed nothing", (status) => {
    expect(wishes({ mode: "reduced" }, told("reduced", status)).wanted(undefined)).toBeUndefined();
  });

  it("is nothing against a mode that its owner chose", () => {
    expect(wishes({ mode: "reduced" }).wanted(window("boost"))).toBeUndefined();
    expect(wishes({ mode: "boost" }, told("normal")).wanted(window("reduced"))).toBeUndefined();
    expect(wishes({ mode: "boost" }, told("boost")).wanted(window("reduced"))).toEqual(mode("reduced"));
  });

  it("is not asked for when it is so, or a boost when the tank is nearly full", () => {
    expect(wishes({ mode: "reduced" }).isSo(mode("reduced"))).toBe(true);
    expect(wishes({ mode: "normal", hotWaterC: 50 }).isSo(mode("boost"))).toBe(false);
    expect(wishes({ mode: "normal", hotWaterC: 58 }).isSo(mode("boost"))).toBe(true);
    expect(wishes({ mode: null, hotWaterC: null }).isSo(mode("normal"))).toBe(false);
  });

  it("is covered by a command on its way to the same mode", () => {
    expect(wishes({}).covers(mode("boost"), mode("boost"))).toBe(true);
    expect(wishes({}).covers(mode("boost"), mode("normal"))).toBe(false);
  });
});
