import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, expect, inject, it, vi } from "vitest";
import { workFolder } from "../../local/night/run.ts";

const folder = mkdtempSync(join(tmpdir(), "headroom-interrupted-"));
const started: ChildProcess[] = [];
afterAll(() => {
  for (const child of started) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

/** A night of one car, as far as noon. */
async function halfWay(...args: string[]) {
  const child = spawn(process.execPath, ["--import", "tsx", "local/start.ts", "--cars", "1", ...args], {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    stdio: ["ignore", "pipe", "pipe"],
  });
  started.push(child);
  const stderr = text(child.stderr);
  const lines: string[] = [];
  const output = createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  while (lines.at(-1)?.startsWith("12:00") !== true) {
    await Promise.race([once(output, "line"), once(child, "exit")]);
    if (child.exitCode !== null) throw new Error(`the night ended early: ${await stderr}`);
  }
  const pid = child.pid ?? Number.NaN;
  return { child, pid, lines, stderr, closed: once(child, "close"), children: descendants(pid) };
}

type Process = { pid: number; parent: number; command: string };

function processes(): Process[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const status = readFileSync(`/proc/${name}/status`, "utf8");
        // One that nobody has waited for yet is dead all the same.
        if (/^State:\s+Z/m.test(status)) return [];
        const parent = Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]);
        const command = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ");
        return [{ pid: Number(name), parent, command }];
      } catch {
        return [];
      }
    });
}

function descendants(pid: number, all = processes()): Process[] {
  const children = all.filter(({ parent }) => parent === pid);
  return children.flatMap((child) => [child, ...descendants(child.pid, all)]);
}

/** Those of `before` that still run; a process id that was used again has another command. */
function stillRunning(before: readonly Process[]): Process[] {
  const now = processes();
  return before.filter(({ pid, command }) => now.some((one) => one.pid === pid && one.command === command));
}

it.skipIf(process.platform !== "linux")(
  "a killed night leaves no process behind, the next start removes its folder, and Ctrl-C ends that one cleanly",
  { timeout: 120_000 },
  async () => {
    const killed = await halfWay();
    expect(killed.children.length).toBeGreaterThan(3);
    expect(readdirSync(workFolder("runs", String(killed.pid)))).toEqual(["cdk.out"]);
    killed.child.kill("SIGKILL");
    await killed.closed;
    await vi.waitFor(() => expect(stillRunning(killed.children)).toEqual([]), 10_000);
    expect(processes().filter(({ command }) => command.includes(workFolder("runs", String(killed.pid))))).toEqual([]);
    expect(existsSync(workFolder("runs", String(killed.pid)))).toBe(true);

    const json = join(folder, "report.json");
    const interrupted = await halfWay("--json", json, "--assembly", inject("assemblyDir"));
    expect(existsSync(workFolder("runs", String(killed.pid)))).toBe(false);
    expect(interrupted.children.length).toBeGreaterThan(3);
    interrupted.child.kill("SIGINT");
    const [code] = await interrupted.closed;
    expect([code, await interrupted.stderr]).toEqual([130, ""]);
    expect(interrupted.lines.filter((line) => !/^\d\d:00 {2}\d of 1 full/.test(line))).toEqual([]);
    await vi.waitFor(() => expect(stillRunning(interrupted.children)).toEqual([]), 10_000);
    expect(existsSync(workFolder("runs", String(interrupted.pid)))).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
  },
);
