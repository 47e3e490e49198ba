import { instant } from "../../shared/domain/instant.ts";
import { link } from "../simulate/enrolment.ts";
import type { Strike } from "../simulate/faults.ts";
import type { Cause, Hands, Strikes } from "./cause.ts";

const AT = 90;
/** Customers whose logins a vendor forgets. */
const FORGOTTEN = ["driver-0016", "driver-0017", "driver-0018", "driver-0019"];

/** What goes wrong at a vendor, or between it and us. */
export function vendorCauses(): Cause[] {
  return [
    {
      alarm: "tesla-vendor-down",
      says: "its cloud answers 503",
      ...{ from: AT, minutes: 90 },
      fault: { outage: { integration: "tesla", manner: "refusing" } },
    },
    {
      alarm: "tesla-vendor-down",
      says: "its cloud answers nothing",
      ...{ from: AT, minutes: 90 },
      fault: { outage: { integration: "tesla", manner: "silent" } },
    },
    {
      alarm: "easee-vendor-down",
      says: "its cloud answers 503",
      ...{ from: AT, minutes: 90 },
      fault: { outage: { integration: "easee", manner: "refusing" } },
    },
    {
      alarm: "tesla-not-read",
      says: "polls are lost on their way",
      ...{ from: AT, minutes: 90 },
      fault: {
        strikes: (place, what) => (place === "invoke" && what === "event for tesla" ? { kind: "dropped" } : undefined),
      },
    },
    commanded({ alarm: "tesla-not-confirmed", says: "commands are taken and not done", minutes: 120 }, "ignored"),
    commanded({ alarm: "tesla-unknown-commands", says: "commands are not answered", minutes: 60 }, "silent"),
    {
      alarm: "tesla-vendor-errors",
      says: "each third look is not answered",
      ...{ from: AT, minutes: 75 },
      fault: { strikes: everyLook(3, "VIN", "silent") },
    },
    {
      alarm: "tesla-quarantined",
      says: "each third reading is of the future",
      ...{ from: AT, minutes: 60 },
      fault: { strikes: everyLook(3, "VIN", "future") },
    },
    {
      alarm: "tesla-logins-lost",
      says: "it forgets a sixth of the logins",
      ...{ from: AT, minutes: 90, assets: 40 },
      fault: {
        strikes: (place, what) =>
          place === "look" && FORGOTTEN.some((one) => what.endsWith(`VIN${one.slice(-4)}`))
            ? { kind: "unauthorised" }
            : undefined,
      },
      begins: ({ clouds, nowMs }) => {
        for (const accountId of FORGOTTEN) tesla(clouds).books.issue(accountId, nowMs());
      },
      ends: async ({ clouds, memory, nowMs }) => {
        for (const accountId of FORGOTTEN) {
          const pair = tesla(clouds).books.issue(accountId, nowMs());
          await link({ integration: "tesla", accountId }, pair, instant(nowMs()), memory);
        }
      },
    },
    {
      alarm: "easee-blocked",
      says: "it says 429 within our limits",
      ...{ from: AT, minutes: 12 },
      fault: { strikes: firstOfMinutes(3, "EH", "too-many") },
    },
    {
      alarm: "tesla-money",
      says: "a call costs 60 dollars",
      ...{ from: AT, minutes: 30, hours: 28 },
      fault: { price: { integration: "tesla", usd: 60 } },
    },
  ];
}

function tesla(clouds: Hands["clouds"]) {
  const found = clouds.find(({ manifest }) => manifest.name === "tesla");
  if (!found) throw new Error("tesla is not played");
  return found;
}

/** What becomes of every command, just before the night's cheap hours. It begins with the first. */
function commanded(cause: Pick<Cause, "alarm" | "says" | "minutes">, kind: Strike["kind"]): Cause {
  let isMet = false;
  const strikes: Strikes = (place, what) => {
    if (place !== "command" || !what.includes("VIN")) return undefined;
    isMet = true;
    return { kind };
  };
  return { ...cause, from: 185, assets: 40, fault: { strikes }, since: () => isMet };
}

function everyLook(number: number, about: string, kind: Strike["kind"]): Strikes {
  let seen = 0;
  return (place, what) => {
    if (place !== "look" || !what.includes(about)) return undefined;
    seen += 1;
    return seen % number === 0 ? { kind } : undefined;
  };
}

/** The first look of every so many minutes. */
function firstOfMinutes(minutes: number, about: string, kind: Strike["kind"]): Strikes {
  let last = -1;
  return (place, what, nowMs) => {
    const span = Math.floor(nowMs / (minutes * 60_000));
    if (place !== "look" || !what.includes(about) || span === last) return undefined;
    last = span;
    return { kind };
  };
}
