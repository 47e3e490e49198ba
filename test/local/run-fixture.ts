import type { App } from "aws-cdk-lib";
import { VirtualClock } from "../../local/clock.ts";
import { type Platform, type PlatformOptions, startPlatform } from "../../local/platform.ts";
import { synthesise } from "./fixture-app.ts";

export const NOON = Date.parse("2026-11-20T12:00:00Z");

export type RunningFixture = {
  platform: Platform;
  clock: VirtualClock;
  pass(seconds: number): Promise<void>;
  stop(): void;
};

/** Synthesises an app and runs its stage `dev`; stopping removes the assembly again. */
export async function runFixture(
  build: (app: App) => void,
  options: Partial<PlatformOptions> & { startMs?: number } = {},
): Promise<RunningFixture> {
  const { startMs = NOON, ...rest } = options;
  const { assemblyDir, remove } = synthesise(build);
  const clock = new VirtualClock(startMs);
  try {
    const platform = await startPlatform({ assemblyDir, stage: "dev", clock, ...rest });
    const stop = () => {
      platform.stop();
      remove();
    };
    return { platform, clock, pass: (seconds) => clock.runUntil(clock.now() + seconds * 1000), stop };
  } catch (error) {
    remove();
    throw error;
  }
}
