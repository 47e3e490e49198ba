/** Something the user gave us cannot be used. The message is one sentence for them; no stack trace belongs beside it. */
export class BadInput extends Error {
  override name = "BadInput";
}
