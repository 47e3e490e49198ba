type Waiting = { generation: number; what: string; begin: () => Promise<unknown> };

/**
 * One piece of work after another: what it finds stored hangs on its turn, and never on which process a busy machine let
 * run first. What was asked for while one ran comes before what was asked for while the next ran; among these the order is
 * that of their names, because the calls that asked for them may have overtaken each other.
 */
export class Turns {
  readonly #waiting: Waiting[] = [];
  #generation = 0;
  #isBusy = false;

  take<T>(what: string, work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const begin = () => Promise.resolve().then(work).then(resolve, reject);
      this.#waiting.push({ generation: this.#generation, what, begin });
      if (!this.#isBusy) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#isBusy = true;
    // What is asked for in the same breath counts as asked for together.
    await Promise.resolve();
    for (let next = this.#next(); next; next = this.#next()) {
      this.#generation += 1;
      await next.begin();
    }
    this.#isBusy = false;
  }

  #next(): Waiting | undefined {
    const byName = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
    this.#waiting.sort((a, b) => a.generation - b.generation || byName(a.what, b.what));
    return this.#waiting.shift();
  }
}
