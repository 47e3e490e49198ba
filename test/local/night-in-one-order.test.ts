import fc from "fast-check";
import { expect, it } from "vitest";
import { inOneOrder } from "../../local/night/in-one-order.ts";

it("lists what happened in one order, however what one moment brought had come, and what each device met in its own", () => {
  const devices = fc.constantFrom("car-0001", "car-0002", undefined);
  const happened = fc.array(fc.record({ atMs: fc.nat(3), assetId: devices }), { maxLength: 12 });
  fc.assert(
    fc.property(happened, (drawn) => {
      const all = drawn.map((one, nth) => ({ ...one, nth }) as { atMs: number; assetId?: string; nth: number });
      const of = (list: typeof all, id: string | undefined) => list.filter(({ assetId }) => assetId === id);
      const overtaken = ["car-0002", undefined, "car-0001"].flatMap((id) => of(all, id));
      const listed = inOneOrder(all, ({ atMs }) => atMs);
      expect(inOneOrder(overtaken, ({ atMs }) => atMs)).toEqual(listed);
      expect(listed.map(({ atMs }) => atMs)).toEqual(all.map(({ atMs }) => atMs).sort());
      for (const id of ["car-0001", "car-0002", undefined])
        expect(of(listed, id)).toEqual(of(all, id).toSorted((a, b) => a.atMs - b.atMs));
    }),
  );
});
