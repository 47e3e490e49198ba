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
};

type Waiting = { work: Work; resolve(outcome: Outcome): void };

const STOPPED: Outcome = { failed: true, payload: '{"errorMessage":"The local platform has stopped"}', billedMs: 0 };

/** Runs the invocations of one function, one after another in an environment that stays warm, as Lambda's does. */
export class FunctionHost {
  readonly definition: HostedFunction;
  readonly #guardian: Guardian;
  readonly #now: () => number;
  readonly #onLog: (line: string) => void;
  readonly #environments = new Set<Environment>();
  #idle: Environment | undefined;
  readonly #waiting: Waiting[] = [];
  #isStarting = false;
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
    for (const environment of this.#environments) environment.kill();
    for (const { resolve } of this.#waiting.splice(0)) resolve(STOPPED);
  }

  #dispatch(): void {
    if (this.#stopped || this.#waiting.length === 0) return;
    if (this.#idle) {
      const { work, resolve } = this.#waiting.shift() as Waiting;
      const environment = this.#idle;
      this.#idle = undefined;
      void environment.run(work).then(resolve);
    } else if (!this.#isStarting && this.#environments.size === 0) this.#start();
  }

  #start(): void {
    this.#isStarting = true;
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
        this.#isStarting = false;
        this.#idle = environment;
        this.#dispatch();
      },
      onGone: (environment, initError) => {
        this.#isStarting = false;
        this.#environments.delete(environment);
        if (this.#idle === environment) this.#idle = undefined;
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
