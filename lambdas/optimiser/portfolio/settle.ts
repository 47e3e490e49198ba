import type { Instant } from "../../../shared/domain/instant.ts";
import type { Window } from "../../../shared/domain/plan.ts";
import { groupBy } from "../../../shared/group-by.ts";
import { isNotable, isWorthChanging, standing, totalPence } from "../keep.ts";
import { type Ask, afterSettled } from "./ask.ts";
import type { Grid } from "./grid.ts";
import { change, holds, type Room, useOf, whOf } from "./limits.ts";

type Choice = { ask: Ask; made: readonly Window[]; ahead: Window[] | undefined; isKept: boolean };

/** Each swap may make room for another; after a few rounds nothing more is found. */
const ROUNDS = 3;

/**
 * Which plans in force stand, as what is ahead of them; undefined for those that get the new one, whose use the room bears.
 * First all of those that share a limit at once, if together they are as good; else each by itself, where the limits bear
 * it beside the others' new plans; and none of them where all new plans together are notably better than that.
 */
export function keptOf(
  asks: readonly Ask[],
  made: readonly (readonly Window[])[],
  grid: Grid,
  room: Room,
  worthPence: (ask: Ask, slot: number) => number,
  now: Instant,
): (Window[] | undefined)[] {
  const choices = asks.map(
    (ask, index): Choice => ({ ask, made: made[index] ?? [], ahead: standing(ask.job, now), isKept: false }),
  );
  const swap = ({ ask, made, ahead }: Choice, to: "old" | "new") => {
    const use = (windows: readonly Window[]) => useOf(afterSettled(ask, windows), grid);
    change(room, ask.site, use(to === "old" ? made : (ahead ?? [])), "give");
    change(room, ask.site, use(to === "old" ? (ahead ?? []) : made), "take");
  };
  const bears = ({ ask, ahead }: Choice) => holds(room, ask.site, useOf(afterSettled(ask, ahead ?? []), grid));

  const rent =
    ({ ask }: Choice) =>
    (windows: readonly Window[]) =>
      useOf(windows, grid).meanKw.reduce(
        (pence, kw, slot) => (kw > 0 ? pence + (worthPence(ask, slot) * whOf(kw, grid.stepMs)) / 1000 : pence),
        0,
      );

  for (const group of groupsOf(choices, room)) {
    const old = group.filter(({ ahead }) => ahead !== undefined);
    if (old.length === 0) continue;
    const sum = (of: (choice: Choice) => number) => old.reduce((pence, choice) => pence + of(choice), 0);
    const oldPence = sum(({ ask, ahead }) => totalPence(ask.job, ahead ?? []));
    const keepAll = () => {
      for (const choice of old) if (!choice.isKept) swap(choice, "old");
      const isBorne = old.every(bears);
      for (const choice of old) if (!choice.isKept && !isBorne) swap(choice, "new");
      if (isBorne) for (const choice of old) choice.isKept = true;
      return isBorne;
    };
    const renewAll = () => {
      for (const choice of old) {
        if (choice.isKept) swap(choice, "new");
        choice.isKept = false;
      }
    };
    const newPence = sum(({ ask, made }) => totalPence(ask.job, made));
    if (!isNotable(oldPence, newPence) && keepAll()) continue;
    let waiting = old.filter(
      (choice) => !isWorthChanging(choice.ask.job, choice.ahead ?? [], choice.made, rent(choice)),
    );
    for (let round = 0; round < ROUNDS && waiting.length > 0; round++) {
      waiting = waiting.filter((choice) => {
        swap(choice, "old");
        choice.isKept = bears(choice);
        if (!choice.isKept) swap(choice, "new");
        return !choice.isKept;
      });
    }
    const mixedPence = sum(({ ask, ahead, made, isKept }) => totalPence(ask.job, (isKept && ahead) || made));
    // Where there is not enough for everybody, what capacity is worth hides from each what all would gain.
    if (isNotable(Math.min(mixedPence, oldPence), newPence)) renewAll();
    // Who keeps its plan may leave another dearer than before: never worse together than the plans in force.
    else if (mixedPence > oldPence) keepAll();
  }
  return choices.map(({ isKept, ahead }) => (isKept ? ahead : undefined));
}

/** Those who share a limit: all under a limit of the portfolio, else those of a site that has one; everybody else alone. */
function groupsOf(choices: readonly Choice[], room: Room): Choice[][] {
  if (room.portfolioKw.some((kw) => Number.isFinite(kw))) return [[...choices]];
  const sites = groupBy(choices, ({ ask }) => ask.site);
  const alone = (sites.get(undefined) ?? []).map((choice) => [choice]);
  sites.delete(undefined);
  return [...sites.values(), ...alone];
}
