import fc from "fast-check";
import { expect, it } from "vitest";
import { shrink } from "../../local/simulate/shrink.ts";

const patient = () => ({ mostRuns: 10_000, mostMs: 60_000, nowMs: () => 0 });
const names = Array.from({ length: 60 }, (_, index) => `fault#${index}`);

it("leaves exactly what is needed, whichever faults those are", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.constantFrom(...names), { maxLength: 5 }), async (needed) => {
      const fails = async (only: ReadonlySet<string>) => needed.every((id) => only.has(id));
      const { ids } = await shrink(names, fails, patient());
      expect(ids.toSorted()).toEqual(needed.toSorted());
    }),
  );
});

it("stops when it has run often enough, with what fails", async () => {
  const fails = async (only: ReadonlySet<string>) => only.has("fault#7") && only.has("fault#41");
  const { ids, runs } = await shrink(names, fails, { ...patient(), mostRuns: 6 });
  expect(runs).toBeLessThanOrEqual(7);
  expect(ids).toContain("fault#7");
  expect(ids).toContain("fault#41");
});

it("stops when it has taken long enough", async () => {
  let ms = 0;
  const nowMs = () => {
    ms += 1000;
    return ms;
  };
  const { runs } = await shrink(names, async (only) => only.size > 0, { ...patient(), mostMs: 5_000, nowMs });
  expect(runs).toBeLessThan(10);
});
