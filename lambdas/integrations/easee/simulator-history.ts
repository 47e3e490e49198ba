type Entry = { atMs: number; visibleAtMs: number; value: number };

/** One value of a charger over time: when it became so, and when its cloud knew. */
export class History {
  readonly #entries: Entry[] = [];

  set(atMs: number, value: number, delayMs: number): void {
    this.#entries.push({ atMs, visibleAtMs: atMs + delayMs, value });
  }

  get value(): number {
    return this.#entries.at(-1)?.value ?? 0;
  }

  /** What the cloud tells at a moment of a charger that last spoke at `spokeAtMs`. */
  told(atMs: number, spokeAtMs: number): { value: number; atMs: number } {
    const known = this.#entries.findLast((entry) => entry.visibleAtMs <= atMs && entry.atMs <= spokeAtMs);
    const entry = known ?? this.#entries[0];
    return { value: entry?.value ?? 0, atMs: entry?.atMs ?? 0 };
  }
}
