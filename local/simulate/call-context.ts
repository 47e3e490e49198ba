/**
 * Stands in for `node:async_hooks` in bundled workers: watching every promise costs a third of a night. The simulated vendors
 * count each call before they first wait, so what is at work when it is counted is what was begun last.
 */
export class AsyncLocalStorage<T> {
  #current: T | undefined;

  run<R>(value: T, work: () => R): R {
    const before = this.#current;
    this.#current = value;
    try {
      return work();
    } finally {
      this.#current = before;
    }
  }

  getStore(): T | undefined {
    return this.#current;
  }
}
