/** What the explorer lets happen next: a worker takes its next step, or is killed before it. */
type Move = { worker: number; killed: boolean };

/** Where each worker was killed, if any: the step it did not take. */
export type History = { killedBefore: string | undefined; steps: string[] };

/** Stops before each step that others can see, until the explorer says go. */
export type Gate = <T>(step: string, act: () => Promise<T>) => Promise<T>;

/**
 * Plays every order in which the workers' steps can follow each other and, with `crash`, every way to kill one of them
 * before one of its steps. `play` sets up a fresh world for each order; the workers begin when it has returned them.
 */
export async function everyInterleaving<World>(options: {
  workers: number;
  crash: boolean;
  world: () => Promise<World>;
  work: (world: World, gate: Gate, worker: number) => Promise<unknown>;
  check: (world: World, history: History) => Promise<void>;
}): Promise<number> {
  let choices: number[] | undefined = [];
  let played = 0;
  while (choices) {
    choices = await playOne(options, choices);
    played += 1;
  }
  return played;
}

/** Plays one order, following `choices` and then always the first move. Answers the choices of the next order. */
async function playOne<World>(
  { workers, crash, world: build, work, check }: Parameters<typeof everyInterleaving<World>>[0],
  choices: readonly number[],
): Promise<number[] | undefined> {
  const world = await build();
  const history: History = { killedBefore: undefined, steps: [] };
  const waiting = new Map<number, { step: string; go: () => void }>();
  const taken: { choice: number; of: number }[] = [];
  let running = workers;
  let quiet = () => {};
  const rest = () => {
    running -= 1;
    if (running === 0) quiet();
  };
  for (let worker = 0; worker < workers; worker++) {
    const gate: Gate = async (step, act) => {
      await new Promise<void>((go) => {
        waiting.set(worker, { step, go });
        rest();
      });
      return act();
    };
    // Each begins when all are there, so that the count of the running is right.
    void Promise.resolve()
      .then(() => work(world, gate, worker))
      .then(rest, rest);
  }
  for (;;) {
    if (running > 0) {
      await new Promise<void>((resolve) => {
        quiet = resolve;
      });
    }
    const moves = [...waiting.keys()].flatMap((worker): Move[] =>
      crash && history.killedBefore === undefined
        ? [
            { worker, killed: false },
            { worker, killed: true },
          ]
        : [{ worker, killed: false }],
    );
    if (moves.length === 0) break;
    const choice = choices[taken.length] ?? 0;
    taken.push({ choice, of: moves.length });
    const move = moves[choice];
    const at = move && waiting.get(move.worker);
    if (!move || !at) throw new Error("the same choices led elsewhere: the workers are not deterministic");
    waiting.delete(move.worker);
    if (move.killed) {
      history.killedBefore = at.step;
      continue;
    }
    history.steps.push(`${move.worker}:${at.step}`);
    running += 1;
    at.go();
  }
  await check(world, history);
  const last = taken.findLastIndex(({ choice, of }) => choice + 1 < of);
  if (last < 0) return undefined;
  return [...taken.slice(0, last).map(({ choice }) => choice), (taken[last]?.choice ?? 0) + 1];
}
