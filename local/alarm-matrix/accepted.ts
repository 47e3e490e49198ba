import type { Accepted } from "./verdict.ts";

/** Two alarms for one cause, where that is right. `*` is the same part. */
export const ACCEPTED: readonly Accepted[] = [
  {
    alarm: "*-errors",
    also: "*-failures",
    reason:
      "a function that fails leaves its events in its queue: the page is on the cause, the ticket on what is left undone",
  },
  {
    alarm: "*-failures-old",
    also: "*-failures",
    reason: "the reminder of a ticket that nobody took up for a day",
  },
  { alarm: "*-dead-letters-old", also: "*-dead-letters", reason: "the same, of a work queue" },
];
