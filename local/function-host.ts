import { type Environment, type Outcome, startEnvironment } from "./function-environment.ts";
import type { Guardian } from "./guardian.ts";
import type { Work } from "./runtime-api.ts";

export type HostedFunction = {
  name: string;
  codePath: string;
  handler: string;
  timeoutSeconds: number;
  memoryMb: number;
  /** The whole environment of its processes. */
  variables: Record<string, string>;
  /** How many processes may run it at the same time. */
  maxEnvironments: number;
};

type Waiting = { work: Work; resolve(outcome: Outcome): void };

// Memory is scarcer than time on a laptop: a second process starts only when the first has kept work waiting this long.
const PATIENCE_MS = 150;
// And a process that the busiest moment needed goes again when it has been idle this long.
const SURPLUS_AFTER_MS = 5_000;

const STOPPED: Outcome = { failed: true, payload: '{"errorMessage":"The local platform has stopped"}', billedMs: 0 };

/** Runs the invocations of one function, each in an environment of its own while it lasts, as Lambda does. */
export class FunctionHost {
  readonly definition: HostedFunction;
  readonly #guardian: Guardian;
  readonly #now: () => number;
  readonly #onLog: (line: string) => void;
  readonly #environments = new Set<Environment>();
  readonly #idle: { environment: Environment; sinceMs: number }[] = [];
  readonly #waiting: Waiting[] = [];
  #starting = 0;
  #impatient: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(definition: HostedFunction, guardian: Guardian, now: () => number, onLog: (line: string) => void) {
    this.definition = definition;
    this.#guardian = guardian;
    this.#now = now;
    this.#onLog = onLog;
  }

  invoke(work: Work): Promise<Outcome> {
    return new Promise((resolve) => {
      if (this.#stopped) return resolve(STOPPED);
      this.#waiting.push({ work, resolve });
      this.#dispatch();
    });
  }

  /** Process ids of the environments alive now. */
  pids(): number[] {
    return [...this.#environments].map((environment) => environment.pid);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#impatient);
    for (const environment of this.#environments) environment.kill();
    for (const { resolve } of this.#waiting.splice(0)) resolve(STOPPED);
  }

  #dispatch(): void {
    while (this.#waiting.length > 0 && this.#idle.length > 0) {
      const { environment } = this.#idle.pop() as { environment: Environment };
      const { work, resolve } = this.#waiting.shift() as Waiting;
      void environment.run(work).then(resolve);
    }
    clearTimeout(this.#impatient);
    if (this.#waiting.length === 0 || this.#stopped || this.#starting > 0) return;
    if (this.#environments.size === 0) this.#start();
    else if (this.#environments.size < this.definition.maxEnvironments) {
      this.#impatient = setTimeout(() => this.#start(), PATIENCE_MS);
    }
  }

  #retireSurplus(): void {
    // Work goes to the one that was idle last, so the first in the list is the one that nobody needs.
    const [longest] = this.#idle;
    if (this.#idle.length < 2 || !longest || performance.now() - longest.sinceMs < SURPLUS_AFTER_MS) return;
    this.#idle.shift();
    longest.environment.kill();
  }

  #start(): void {
    this.#starting += 1;
    let counted = true;
    const started = () => {
      if (counted) this.#starting -= 1;
      counted = false;
    };
    const starting = startEnvironment({
      codePath: this.definition.codePath,
      handler: this.definition.handler,
      timeoutSeconds: this.definition.timeoutSeconds,
      memoryMb: this.definition.memoryMb,
      variables: this.definition.variables,
      guardian: this.#guardian,
      now: this.#now,
      onLine: this.#onLog,
      onIdle: (environment) => {
        started();
        this.#idle.push({ environment, sinceMs: performance.now() });
        this.#dispatch();
        this.#retireSurplus();
      },
      onGone: (environment, initError) => {
        started();
        this.#environments.delete(environment);
        const index = this.#idle.findIndex((one) => one.environment === environment);
        if (index >= 0) this.#idle.splice(index, 1);
        if (initError !== undefined) {
          this.#waiting.shift()?.resolve({ failed: true, payload: initError, billedMs: 1 });
        }
        this.#dispatch();
      },
    });
    void starting.then((environment) => {
      this.#environments.add(environment);
      if (this.#stopped) environment.kill();
    });
  }
}
