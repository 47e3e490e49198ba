import type { Cause } from "./cause.ts";

export const PLAYED: readonly [string, string] = ["tesla", "easee"];

const every = (number: number) => {
  let seen = 0;
  return () => {
    seen += 1;
    return seen % number === 0;
  };
};

/** Every cause that is played, each for one alarm. */
export function causes(): Cause[] {
  return [
    {
      alarm: "",
      says: "nothing",
      from: 90,
      minutes: 1,
    },
    {
      alarm: "scheduler-silent",
      says: "its schedule is disabled",
      from: 90,
      minutes: 20,
      fault: { strikes: (place, what) => (place === "tick" && what === "scheduler" ? { kind: "lost" } : undefined) },
    },
    {
      alarm: "tesla-errors",
      says: "a variable is missing",
      from: 90,
      minutes: 20,
      fault: { throws: ["tesla"] },
    },
    {
      alarm: "tesla-vendor-down",
      says: "its cloud answers 503",
      from: 90,
      minutes: 90,
      fault: { outage: { integration: "tesla", manner: "refusing" } },
    },
    {
      alarm: "optimiser-replan-dead-letters",
      says: "a message is no JSON",
      from: 90,
      minutes: 75,
      begins: ({ queues }) => queues.get("replan")?.send("no JSON"),
      since: ({ queues }) => (queues.get("replan")?.deadLetters.length ?? 0) > 0,
    },
    {
      alarm: "tesla-quarantined",
      says: "each third reading is of the future",
      from: 90,
      minutes: 60,
      fault: { strikes: everyThirdLook("future") },
    },
  ];
}

function everyThirdLook(kind: "future") {
  const isThird = every(3);
  return (place: string, what: string) =>
    place === "look" && what.includes("VIN") && isThird() ? { kind } : undefined;
}
