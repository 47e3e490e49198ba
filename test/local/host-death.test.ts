import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Duration, Stack, Stage } from "aws-cdk-lib";
import { expect, it } from "vitest";
import { actor, logTable, synthesise } from "./fixture-app.ts";

const HOST = fileURLToPath(new URL("./fixtures/host.ts", import.meta.url));

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A process that nobody has waited for yet still takes signals, but it is dead all the same.
    return process.platform !== "linux" || !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

it("leaves no process behind when the host is killed, not even a busy one", { timeout: 30_000 }, async () => {
  const { assemblyDir, remove } = synthesise((app) => {
    const stack = new Stack(new Stage(app, "dev"), "Work");
    const table = logTable(stack);
    actor(stack, "Idle", table, {});
    actor(stack, "Busy", table, { timeout: Duration.minutes(5) });
  });
  try {
    const host = spawn(process.execPath, ["--import", "tsx", HOST, assemblyDir], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(createInterface({ input: host.stdout }), "line")) as [string];
    const pids = JSON.parse(line) as number[];
    expect(pids).toHaveLength(3);
    expect(pids.filter(isAlive)).toEqual(pids);
    host.kill("SIGKILL");
    await expect.poll(() => pids.filter(isAlive), { timeout: 5_000 }).toEqual([]);
  } finally {
    remove();
  }
});
