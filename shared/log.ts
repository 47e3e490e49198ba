import { type DestinationStream, type Logger, pino } from "pino";
import { inSources } from "./source-places.ts";

/**
 * The log-code catalogue: every line has one of these codes, so that a query, an alarm or a test names a code and
 * never a sentence.
 */
export const LOG_CODES = {
  INVOCATION_COMPLETED: "The invocation did its work.",
  INVOCATION_FAILED: "The invocation threw; AWS retries it or keeps it on a dead-letter queue.",
  RECORD_REFUSED: "A queue record did not match its schema and stays on the queue.",
  SIGNAL_FETCH_FAILED: "A price or carbon feed did not answer usefully; the last good slots stand.",
  SIGNAL_POINT_DROPPED: "One point of a feed was refused; the others were kept.",
  SIGNAL_DAY_INCOMPLETE: "A local day has fewer slots than it should; planning estimates the missing ones.",
  TICK_DUPLICATE: "This minute was already claimed by another tick; nothing was fetched twice.",
  RUN_REPEATED: "Batches of a former minute did not come back in time; whom they did not reach is sent out again.",
  VENDOR_HELD: "A vendor's last looks failed for its own reasons: one look a minute finds out when it is back.",
  SCHEDULE_ROW_REFUSED: "A stored row does not fit its schema and was left out; the others went on.",
  SCHEDULE_FAILED: "One integration could not be scheduled in this minute; the others were.",
  POLL_BATCH_DUPLICATE: "This batch was already taken by another delivery of the same invocation.",
  POLL_BATCH_LATE: "This batch arrived after its assets' next turn had come; it was left to that.",
  BUDGET_REFUSED: "So many calls of a class wait for a limit of the vendor, or for money.",
  POLL_NOT_ATTEMPTED: "Some assets of a batch were not looked at, for the reason given; they are asked for again.",
  POLL_FAILED: "One asset could not be read.",
  VENDOR_OUTAGE_BEGAN: "A vendor's assets fail together; it is announced once, for all of them.",
  VENDOR_OUTAGE_ENDED: "A vendor that was down is read again.",
  VENDOR_WORD_UNKNOWN: "A vendor said what is not documented; that field is unknown, the rest of the reading stands.",
  READING_OLDER: "A reading was older than the stored one and was dropped.",
  READING_FROM_FUTURE: "A reading claims to be from the future and was refused.",
  TELEMETRY_REFUSED: "A pushed record could not be read, or was of no enrolled asset, and was dropped.",
  TELEMETRY_UNKNOWN: "A pushed value was not understood; its field is unknown.",
  COMMAND_SENT: "A command was handed to the vendor.",
  COMMAND_DUPLICATE: "A command arrived again after it had moved on; nothing was sent.",
  COMMAND_OF_NOBODY: "A command came of an asset that was removed; nothing was sent.",
  COMMAND_DEFERRED: "A command waits on its queue, for a car to wake or a vendor to recover.",
  COMMAND_REJECTED: "The vendor or the device refused a command.",
  COMMAND_UNKNOWN: "A command may or may not have acted; the device is read back before anything is repeated.",
  LEDGER_ENTRY: "A command's audit trail grew; the line keeps its hash where the table's writer cannot reach it.",
  LEDGER_ROW_UNREADABLE: "A stored command does not fit its schema; it was left out, the others were handled.",
  EVENT_TOLD_AGAIN: "An event that was owed for a minute was published, perhaps for the second time.",
  VERDICT_FAILED: "One command could not be judged; the others were, and it is judged at a later minute.",
  VERDICT: "A command was judged by readings.",
  TOKEN_REFRESHED: "An access token was renewed and the new pair stored.",
  TOKEN_REFRESH_REFUSED: "The vendor refused a refresh token.",
  TOKEN_LEASE_HELD: "Another worker is renewing this account's token.",
  PLAN_MADE: "A plan was stored.",
  PORTFOLIO_PLANNED: "A portfolio was planned as a whole, with the gap to its lower bound.",
  PORTFOLIO_GIVEN_UP: "A portfolio could not be planned to its end in several tries; what was stored of it stands.",
} as const;
export type LogCode = keyof typeof LOG_CODES;

type Fields = Record<string, string | number | boolean | null | undefined>;

/** Structured log lines with a code each. `with` returns a logger that adds fields to every line. */
export type Log = {
  info(code: LogCode, fields?: Fields): void;
  warn(code: LogCode, fields?: Fields): void;
  error(code: LogCode, error: unknown, fields?: Fields): void;
  with(fields: Fields): Log;
};

const SECRET_FIELDS = [
  "accessToken",
  "refreshToken",
  "token",
  "authorization",
  "clientSecret",
  "password",
  "vin",
  "vendorAssetId",
  "latitude",
  "longitude",
];

// A package's name in a stack (`/@aws-sdk/…`, `zod@4.1`) and a portfolio's (`main@C`) are none.
const EMAIL = /[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}\b/gi;
const PLACE = /-?\b\d{1,3}\.\d{3,}\s*[,;]\s*-?\d{1,3}\.\d{3,}/g;
const COORDINATE = /\b(lat(?:itude)?|lon(?:gitude)?|lng)["']?\s*[=:]\s*["']?-?\d+(?:\.\d+)?/gi;

/** What looks like a token, a secret, a VIN, an e-mail address or a place, wherever it stands in a text. */
export function redactText(text: string): string {
  return (text.includes("@") ? text.replace(EMAIL, "[address]") : text)
    .replace(PLACE, "[place]")
    .replace(COORDINATE, "$1=[place]")
    .replace(/(token|secret|password)"\s*:\s*"[^"]*/gi, '$1":"[redacted]')
    .replace(/\b[\w-]{10,}\.[\w-]{10,}\.[\w-]*\b/g, "[token]")
    .replace(/\b(?=[A-HJ-NPR-Z0-9]{17}\b)(?=[A-Z0-9]*\d)[A-HJ-NPR-Z0-9]{17}\b/g, "[vin]")
    .replace(/(token|secret|password|code)=[^&\s"]+/gi, "$1=[redacted]");
}

/** Writes one JSON object a line, to standard output unless a destination is given. */
export function createLog(options: { service: string; now: () => Date; destination?: DestinationStream }): Log {
  const base = pino(
    {
      base: { service: options.service },
      messageKey: "message",
      timestamp: () => `,"time":"${options.now().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]), censor: "[redacted]" },
    },
    options.destination ?? pino.destination({ dest: 1, sync: true }),
  );
  return wrap(base);
}

function wrap(logger: Logger): Log {
  return {
    info: (code, fields = {}) => logger.info({ code, ...redactFields(fields) }, LOG_CODES[code]),
    warn: (code, fields = {}) => logger.warn({ code, ...redactFields(fields) }, LOG_CODES[code]),
    error: (code, error, fields = {}) =>
      logger.error({ code, ...redactFields(fields), ...describeError(error) }, LOG_CODES[code]),
    with: (fields) => wrap(logger.child(redactFields(fields))),
  };
}

/** Reasons and evidence may quote a vendor's words. */
function redactFields(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, typeof value === "string" ? redactText(value) : value]),
  );
}

function describeError(error: unknown): Fields {
  if (!(error instanceof Error)) return { errorMessage: redactText(String(error)) };
  const cause = error.cause instanceof Error ? redactText(error.cause.message) : undefined;
  return {
    errorName: error.name,
    errorMessage: redactText(error.message),
    errorCause: cause,
    stack: redactText(inSources(error.stack ?? "")),
  };
}
