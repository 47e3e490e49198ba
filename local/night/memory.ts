import { readFileSync } from "node:fs";

const PAGE_KB = 4;

/** Watches the resident memory of some processes and remembers the highest sum, MB. Linux only; undefined elsewhere. */
export function watchMemory(pids: () => readonly number[]): { stop(): number | undefined } {
  let peakKb = 0;
  const sample = () => {
    peakKb = Math.max(
      peakKb,
      pids().reduce((sum, pid) => sum + residentKb(pid), 0),
    );
  };
  sample();
  const timer = setInterval(sample, 500);
  timer.unref();
  return {
    stop() {
      clearInterval(timer);
      return peakKb === 0 ? undefined : Math.round(peakKb / 1024);
    },
  };
}

function residentKb(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]) * PAGE_KB;
  } catch {
    return 0;
  }
}
