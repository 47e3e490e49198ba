import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../local/clock.ts";
import { awsMetrics } from "../../local/cloudwatch/aws-metrics.ts";
import type { Outcome } from "../../local/function-environment.ts";
import type { FunctionHost } from "../../local/function-host.ts";
import { Functions } from "../../local/gateway/functions.ts";
import { createIds } from "../../local/gateway/ids.ts";

const DONE: Outcome = { failed: false, payload: "null", billedMs: 1 };

/** Functions whose hosts write down when work begins, and end it when told. */
function functionsNamed(names: string[]) {
  const begun: string[] = [];
  const ends = new Map<string, (outcome: Outcome) => void>();
  const functions = new Functions(
    new VirtualClock(0),
    createIds(0),
    awsMetrics(() => {}),
  );
  for (const name of names) {
    const host = {
      definition: { timeoutSeconds: 60 },
      invoke: ({ payload }: { payload: string }) => {
        begun.push(`${name} ${payload}`);
        return new Promise<Outcome>((resolve) => ends.set(name, resolve));
      },
    } as unknown as FunctionHost;
    const retries = { maximumEventAgeSeconds: 60, maximumRetryAttempts: 0 };
    functions.add({
      name,
      arn: name,
      host,
      throttled: false,
      ...retries,
      onFailure: undefined,
      deadLetters: undefined,
    });
  }
  return { functions, begun, end: (name: string, outcome = DONE) => ends.get(name)?.(outcome) };
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("functions invoked at the same moment", () => {
  it("run one after another, also after one that failed", async () => {
    const { functions, begun, end } = functionsNamed(["first", "second"]);
    functions.invokeAsync("first", "1");
    const answer = functions.invoke("second", "2");
    await settled();
    expect(begun).toEqual(["first 1"]);
    end("first", { failed: true, payload: `{"errorMessage":"broken"}`, billedMs: 1 });
    await settled();
    expect(begun).toEqual(["first 1", "second 2"]);
    end("second");
    expect(await answer).toEqual(DONE);
  });

  it.each([[["b", "a", "c"]], [["c", "b", "a"]]])(
    "run in one order, whichever of their calls was the faster: %s",
    async (invoked) => {
      const { functions, begun, end } = functionsNamed(["tick", "a", "b", "c"]);
      functions.invokeAsync("tick", "1");
      await settled();
      for (const name of invoked) functions.invokeAsync(name, "2");
      end("tick");
      await settled();
      // Asked for by one of these: after them.
      functions.invokeAsync("a", "3");
      for (const name of ["a", "b", "c"]) {
        end(name);
        await settled();
      }
      expect(begun).toEqual(["tick 1", "a 2", "b 2", "c 2", "a 3"]);
    },
  );

  it("do not wait for one that waits for them", async () => {
    const { functions, begun, end } = functionsNamed(["caller", "called"]);
    const outer = functions.invoke("caller", "1");
    await settled();
    const inner = functions.invoke("called", "2", { isNested: true });
    await settled();
    expect(begun).toEqual(["caller 1", "called 2"]);
    end("called");
    expect(await inner).toEqual(DONE);
    end("caller");
    expect(await outer).toEqual(DONE);
  });
});
