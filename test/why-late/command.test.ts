import { describe, expect, it } from "vitest";
import { ops } from "../../local/ops/cli.ts";
import type { Connection } from "../../local/ops/connection.ts";
import { seededRandom } from "../../local/random.ts";
import { VendorError } from "../../shared/errors.ts";
import { at } from "../builders.ts";
import { aFleet, type Fleet, MANIFEST } from "./world.ts";

async function asked({ stores, clock }: Fleet, ...args: string[]) {
  const ran = { out: "", err: "" };
  const code = await ops(["why-late", ...args], {
    stdin: { isTTY: true } as never,
    out: (text) => {
      ran.out += text;
    },
    err: (text) => {
      ran.err += text;
    },
    open: async () => ({
      name: "the local platform",
      connection: { ...stores, now: clock.now, close: () => {} } as unknown as Connection,
    }),
    integrations: async () => [MANIFEST],
    wait: async () => {},
  });
  return { code, ...ran };
}

describe("npm run ops -- why-late", () => {
  it("answers of an asset and of an integration, from what the scheduler and the polls left behind", async () => {
    const fleet = await aFleet(seededRandom(1), at("2026-11-20T18:00Z"), 8);
    await fleet.pass(40);
    fleet.trouble({
      look: ({ assetId }, sound) => {
        if (assetId > "car-0003") return sound();
        throw new VendorError({ fault: "customer-must-act", operation: "look", message: "the key is not paired" });
      },
    });
    await fleet.pass(60);

    const one = await asked(fleet, "car-0001");
    expect(one).toMatchObject({ code: 0, err: "" });
    expect(one.out).toMatch(/^car-0001 on the local platform: no upstream data$/m);
    expect(one.out).toMatch(/cause +3 the attempt failed: customer-must-act/);
    expect(one.out).toMatch(/next step +Tell the customer what the detail says. \(customer\)/);
    expect((await asked(fleet, "car-0008")).out).toMatch(/nothing is late/);

    const all = await asked(fleet, "acme");
    expect(all.out).toMatch(/^acme on the local platform: 3 of 8 assets are late$/m);
    expect(all.out).toMatch(/^3 x no upstream data$/m);
    expect(all.out).toMatch(/car-0001, car-0002, car-0003/);
    for (const line of (one.out + all.out).split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);

    const json = JSON.parse((await asked(fleet, "acme", "--json")).out);
    expect(json.answers).toHaveLength(8);
    expect(JSON.parse((await asked(fleet, "car-0001", "--json")).out)).toMatchObject({ cause: "failed", isLate: true });
  });

  it("says what to do about a name that it does not know", async () => {
    const fleet = await aFleet(seededRandom(1), at("2026-11-20T18:00Z"), 1);
    expect(await asked(fleet, "car-9999")).toMatchObject({ code: 2, err: expect.stringMatching(/no asset car-9999/) });
  });
});
