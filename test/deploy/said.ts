const STAMPED = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (?:\S+ )?([A-Z]+) \[/;
const MUTED = ["level", "message", "requestId", "hash"];
const LONGEST = 240;

/**
 * What the deployed functions noted and what the emulator warned of, a line each, from the emulator's log: for a check that
 * failed, because its log goes with it. What only says that an invocation ended well is left out.
 */
export function saidMeanwhile(log: string): string[] {
  let isWarning = false;
  return log.split("\n").flatMap((line) => {
    const level = STAMPED.exec(line)?.[1];
    if (level) isWarning = level !== "INFO" && level !== "DEBUG";
    const said = line.startsWith("{") ? noted(line) : isWarning ? line.trim() : undefined;
    return said ? [said.slice(0, LONGEST)] : [];
  });
}

function noted(line: string): string | undefined {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line);
  } catch {
    return line;
  }
  const { time, service, code, ...rest } = entry;
  if (typeof code !== "string" || code === "INVOCATION_COMPLETED") return undefined;
  const details = Object.entries(rest).filter(([name]) => !MUTED.includes(name));
  return [time, service, code, ...details.map(([name, value]) => `${name}=${JSON.stringify(value)}`)].join(" ");
}
