import { plain } from "./printable.ts";

/** A failure that is not the user's, in a sentence with the next step where there is one. Never an object dump: errors carry requests. */
export function failureText(error: unknown): string {
  const { name, message } = error instanceof Error ? error : { name: "Error", message: String(error) };
  if (/credential/i.test(name) || name === "TokenProviderError") {
    return "No usable AWS credentials were found: sign in (`aws sso login`) or set AWS_PROFILE, then try again.";
  }
  if (message === "Region is missing") return "No AWS region is set: set AWS_REGION to the stage's, then try again.";
  if (/^Expired/.test(name)) return "The AWS credentials have expired: sign in again (`aws sso login`).";
  if (/AccessDenied|UnrecognizedClient|InvalidClientTokenId|NotAuthorized/.test(name)) {
    return `AWS refuses this with these credentials (${name}): ${plain(message)}`;
  }
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return plain([name === "Error" ? "Failed" : name, message || code].filter(Boolean).join(": "));
}
