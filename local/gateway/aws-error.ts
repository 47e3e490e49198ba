/** An error as an AWS service would answer it. */
export class AwsError extends Error {
  override name = "AwsError";
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** The code asked for something the gateway does not do. The host fails the run on the first of these. */
export class UnsupportedOperation extends AwsError {
  override name = "UnsupportedOperation";

  constructor(what: string) {
    super("UnsupportedOperation", `UnsupportedOperation: ${what} is not implemented by the local gateway`, 501);
  }
}
