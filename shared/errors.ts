import type { FaultClass } from "./domain/fault.ts";
import { redactText } from "./log.ts";

/** A vendor's cloud or device said no, or nothing. The class decides retry, wake, re-authenticate or give up. */
export class VendorError extends Error {
  override name = "VendorError";
  readonly fault: FaultClass;
  readonly operation: string;
  readonly status: number | undefined;
  /** Do not ask again before this many milliseconds, when the vendor said so. */
  readonly retryAfterMs: number | undefined;
  /** The call may have taken effect although it failed: read the device back before repeating. */
  readonly mayHaveActed: boolean;

  constructor(options: {
    fault: FaultClass;
    operation: string;
    /** Plain words for people; no token, place or vendor id. */
    message: string;
    status?: number | undefined;
    retryAfterMs?: number | undefined;
    mayHaveActed?: boolean;
    cause?: unknown;
  }) {
    // It may quote the vendor, and becomes the evidence of a command.
    super(redactText(`${options.operation}: ${options.message}`), { cause: options.cause });
    this.fault = options.fault;
    this.operation = options.operation;
    this.status = options.status;
    this.retryAfterMs = options.retryAfterMs;
    this.mayHaveActed = options.mayHaveActed ?? false;
  }
}

/** Our own set-up is wrong. Names what is missing; prints no values. */
export class ConfigError extends Error {
  override name = "ConfigError";
}
