import { afterEach, describe, expect, it, vi } from "vitest";
import { VirtualClock } from "../../local/clock.ts";

const HOUR_MS = 3_600_000;

/** A clock at 0 and a diary of what fired when. */
function aClock() {
  const clock = new VirtualClock(0);
  const diary: string[] = [];
  const at = (atMs: number, name: string) => clock.at(atMs, name, () => diary.push(`${name}@${clock.now()}`));
  return { clock, diary, at };
}

/** Lets everything that is ready happen, without letting time pass. */
async function turns(count = 5): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise<void>((resolve) => setImmediate(resolve));
}

describe("virtual time", () => {
  it("fires timers by time, those of one moment in the order they were set, and ends where it was told to", async () => {
    const { clock, diary, at } = aClock();
    for (const [ms, name] of [
      [30, "late"],
      [10, "first"],
      [20, "a"],
      [20, "b"],
      [10, "second"],
    ] as const)
      at(ms, name);
    await clock.runUntil(25);
    expect(diary).toEqual(["first@10", "second@10", "a@20", "b@20"]);
    expect(clock.now()).toBe(25);
    await clock.runUntil(30);
    expect(diary.at(-1)).toBe("late@30");
  });

  it("fires what is already past at once, and never goes back", async () => {
    const { clock, diary, at } = aClock();
    await clock.runUntil(100);
    at(50, "past");
    await clock.runUntil(40);
    expect(clock.now()).toBe(100);
    await clock.runUntil(100);
    expect(diary).toEqual(["past@100"]);
  });

  it("fires timers that are set by timers", async () => {
    const { clock, diary } = aClock();
    const tick = () => {
      diary.push(String(clock.now()));
      if (clock.now() < 50) clock.at(clock.now() + 10, "tick", tick);
    };
    clock.at(10, "tick", tick);
    await clock.runUntil(100);
    expect(diary).toEqual(["10", "20", "30", "40", "50"]);
  });

  it("leaves out a cancelled timer, even one of the same moment, and shrugs at one that has fired", async () => {
    const { clock, diary, at } = aClock();
    const fired = at(5, "fired");
    const cancelled = at(10, "cancelled");
    const neighbour = at(20, "neighbour");
    clock.at(19, "canceller", () => neighbour.cancel());
    cancelled.cancel();
    await clock.runUntil(30);
    fired.cancel();
    expect(diary).toEqual(["fired@5"]);
  });

  it("stands still while work is held, by name, and goes on when all of it is released", async () => {
    const { clock, diary, at } = aClock();
    at(10, "timer");
    const [one, two] = [clock.hold("an invocation"), clock.hold("an answer")];
    const run = clock.runUntil(20);
    await turns();
    one();
    one();
    await turns();
    expect([clock.now(), diary, clock.waitingFor()]).toEqual([0, [], ["an answer"]]);
    two();
    await run;
    expect([clock.now(), diary, clock.waitingFor()]).toEqual([20, ["timer@10"], []]);
  });

  it("stands still during a promise, whether it is kept or broken", async () => {
    const { clock } = aClock();
    await expect(clock.during("work", async () => clock.waitingFor())).resolves.toEqual(["work"]);
    await expect(clock.during("work", () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    expect(clock.waitingFor()).toEqual([]);
  });

  it("does not move past a moment before the work that it started there has been declared", async () => {
    const { clock, diary, at } = aClock();
    clock.at(10, "starts work", () => {
      const release = clock.hold("work");
      setImmediate(() => {
        diary.push(`done@${clock.now()}`);
        release();
      });
    });
    at(11, "next");
    await clock.runUntil(20);
    expect(diary).toEqual(["done@10", "next@11"]);
  });

  it("ends when it is aborted, even while work is held or before it began", async () => {
    const { clock, diary, at } = aClock();
    at(10, "timer");
    const abort = new AbortController();
    clock.hold("work that never ends");
    const run = clock.runUntil(20, { signal: abort.signal });
    await turns();
    abort.abort();
    await run;
    await clock.runUntil(20, { signal: abort.signal });
    expect([clock.now(), diary]).toEqual([0, []]);
  });

  it("does not fire what comes after the timer that aborts", async () => {
    const { clock, diary, at } = aClock();
    const abort = new AbortController();
    clock.at(10, "ctrl-c", () => abort.abort());
    at(11, "after");
    await clock.runUntil(20, { signal: abort.signal });
    expect([clock.now(), diary]).toEqual([10, []]);
  });
});

describe("virtual time at real pace", () => {
  afterEach(() => vi.useRealTimers());
  const wallStandsStill = () => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  const wall = async (ms: number) => {
    await vi.advanceTimersByTimeAsync(ms);
    await turns();
  };

  it("waits for the wall clock, and not a moment longer", async () => {
    wallStandsStill();
    const { clock, diary, at } = aClock();
    at(HOUR_MS, "one");
    at(2 * HOUR_MS, "two");
    const run = clock.runUntil(3 * HOUR_MS, { realPace: true });
    await turns();
    await wall(HOUR_MS - 5);
    expect(diary).toEqual([]);
    await wall(5);
    expect(diary).toEqual([`one@${HOUR_MS}`]);
    await wall(HOUR_MS);
    expect(diary).toEqual([`one@${HOUR_MS}`, `two@${2 * HOUR_MS}`]);
    await wall(HOUR_MS);
    await run;
    expect(clock.now()).toBe(3 * HOUR_MS);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("does not wait at all for what is due already: work that took long is caught up with", async () => {
    wallStandsStill();
    const { clock, diary, at } = aClock();
    at(10, "one");
    at(20, "two");
    const release = clock.hold("slow work");
    const run = clock.runUntil(20, { realPace: true });
    await wall(1000);
    release();
    await run;
    expect(diary).toEqual(["one@10", "two@20"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("wakes up for a timer that is set earlier while it sleeps", async () => {
    wallStandsStill();
    const { clock, diary, at } = aClock();
    at(HOUR_MS, "late");
    const run = clock.runUntil(HOUR_MS, { realPace: true });
    await wall(10);
    at(20, "early");
    await turns();
    await wall(10);
    expect(diary).toEqual(["early@20"]);
    await wall(HOUR_MS);
    await run;
    expect(diary).toEqual(["early@20", `late@${HOUR_MS}`]);
  });

  it("ends at once when it is aborted in its sleep", async () => {
    wallStandsStill();
    const { clock, diary, at } = aClock();
    at(HOUR_MS, "never");
    const abort = new AbortController();
    const run = clock.runUntil(2 * HOUR_MS, { realPace: true, signal: abort.signal });
    await wall(1000);
    abort.abort();
    await run;
    expect(diary).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
