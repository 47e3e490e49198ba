import { describe, expect, it } from "vitest";
import { alarmLines, alarmReports, alarmsText } from "../../local/night/alarms.ts";

const NIGHT = Date.parse("2026-07-14T22:00:00Z");
const MINUTE_MS = 60_000;
const ring = (alarm: string, from: number, until?: number, told = true) => ({
  alarm,
  fromMs: NIGHT + from * MINUTE_MS,
  untilMs: until === undefined ? undefined : NIGHT + until * MINUTE_MS,
  reason: "Threshold Crossed",
  told,
});
const lines = (...rings: Parameters<typeof ring>[]) =>
  alarmLines(alarmReports(rings.map((one) => ring(...one))), "Europe/London");

describe("the night's alarms", () => {
  it("say which told anybody, when and until when, by clocks at the homes", () => {
    expect(
      lines(["tesla-not-read", 13, 40], ["window", 0, 5, false], ["tesla-not-read", 73, 75], ["silent", 90]),
    ).toEqual([
      "Alarms: 2 rang; every change is in .headroom/last-run-alarms.txt",
      "  tesla-not-read 23:13–23:40, 00:13–00:15",
      "  silent 00:30 and still",
    ]);
  });

  it("are none when nobody was told", () => {
    expect(lines()).toEqual(["Alarms: none rang"]);
    expect(lines(["window", 0, 5, false])).toEqual(["Alarms: none rang"]);
  });

  it("take a few lines of 80 columns, however many there are", () => {
    const many = Array.from(
      { length: 60 },
      (_, i): Parameters<typeof ring> => [`headroom-dev-${"long-".repeat(20)}${i % 12}`, i, i + 1],
    );
    const text = lines(...many);
    expect(text.at(-1)).toBe("  and 7 others");
    expect(Math.max(...text.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(text.length).toBeLessThan(20);
    expect(text.join(" ")).toContain("2 times more");
  });

  it("are written down with every change and its reason", () => {
    const transitions = [
      { alarm: "silent", atMs: NIGHT, from: "OK" as const, to: "ALARM" as const, reason: "Threshold Crossed" },
    ];
    expect(alarmsText(transitions)).toBe(
      "at (UTC)\talarm\tchange\treason\n2026-07-14T22:00:00.000Z\tsilent\tOK → ALARM\tThreshold Crossed\n",
    );
  });
});
