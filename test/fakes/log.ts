import { LOG_CODES, type Log, type LogCode } from "../../shared/log.ts";

export type LogLine = {
  level: "info" | "warn" | "error";
  code: LogCode;
  fields: Record<string, unknown>;
  error?: unknown;
};
export type FakeLog = Log & { lines: LogLine[]; codes(): LogCode[]; of(code: LogCode): LogLine[] };

/** A log that keeps its lines, and refuses a code that the catalogue does not have. */
export function fakeLog(lines: LogLine[] = [], context: Record<string, unknown> = {}): FakeLog {
  const add = (line: LogLine) => {
    if (!(line.code in LOG_CODES)) throw new Error(`no such log code: ${line.code}`);
    lines.push({ ...line, fields: { ...context, ...line.fields } });
  };
  return {
    lines,
    codes: () => lines.map((line) => line.code),
    of: (code) => lines.filter((line) => line.code === code),
    info: (code, fields = {}) => add({ level: "info", code, fields }),
    warn: (code, fields = {}) => add({ level: "warn", code, fields }),
    error: (code, error, fields = {}) => add({ level: "error", code, fields, error }),
    with: (fields) => fakeLog(lines, { ...context, ...fields }),
  };
}
