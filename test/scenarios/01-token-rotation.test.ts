import { describe, expect, it } from "vitest";
import { STREAM_OF_KIND } from "../../shared/domain/asset.ts";
import { HOUR_MS, MINUTE_MS } from "../../shared/domain/instant.ts";
import { poll } from "../../shared/integration/poll.ts";
import { type AccountsStore, accountKey } from "../../shared/store/accounts.ts";
import { aPoll } from "../fakes/scheduler.ts";
import { aMyUplinkCloud, anEaseeCloud, aSolarEdgeCloud, aTeslaCloud, aViessmannCloud, type Cloud } from "./clouds.ts";
import { aWorld, evening, type World } from "./world.ts";

// Every interleaving of two workers, and of one that dies, is played in test/shared/auth-interleavings.test.ts.

const STRICT = { tokens: { rotation: "strict" } } as const;
const OVER_MS = 8 * HOUR_MS;

const clouds = {
  tesla: (clock: ReturnType<typeof evening>) => aTeslaCloud(clock),
  "tesla, were it strict": (clock: ReturnType<typeof evening>) => aTeslaCloud(clock, STRICT),
  easee: (clock: ReturnType<typeof evening>) => anEaseeCloud(clock),
  viessmann: (clock: ReturnType<typeof evening>) => aViessmannCloud(clock),
  myuplink: (clock: ReturnType<typeof evening>) => aMyUplinkCloud(clock),
  solaredge: (clock: ReturnType<typeof evening>) => aSolarEdgeCloud(clock),
};
type Name = keyof typeof clouds;

/** A world eight hours on, when every vendor's access token is over, and looks by processes of the test's own. */
async function expired(name: Name) {
  const clock = evening();
  const { cloud, simulator } = await clouds[name](clock);
  const world = await aWorld(clock, [cloud]);
  clock.advance(OVER_MS);
  const [asset] = cloud.assets;
  if (!asset) throw new Error("no asset");
  const look = (accounts?: AccountsStore) =>
    poll(aPoll([asset.assetId], clock.now(), { stream: STREAM_OF_KIND[asset.kind] }), world.process(cloud, accounts));
  const renewals = () => simulator.calls().filter(({ kind, status }) => kind === "token" && status === 200).length;
  return { world, cloud, asset, look, renewals };
}

/** A process that dies when the vendor has answered, before the pair is written: its write never comes back. */
function dying(accounts: AccountsStore): { dead: Promise<void>; accounts: AccountsStore } {
  let died = () => {};
  const dead = new Promise<void>((resolve) => {
    died = resolve;
  });
  const giveBack = () => {
    died();
    return new Promise<boolean>(() => {});
  };
  return { dead, accounts: { ...accounts, giveBack } };
}

/** Looks of fresh processes, two minutes apart, so that each comes after the last one's lease. */
async function looksLater(world: World, look: () => ReturnType<typeof poll>, looks = 4) {
  let last = { ok: 0, failed: 0, notAttempted: 0 };
  for (let number = 0; number < looks; number++) {
    world.clock.advance(2 * MINUTE_MS);
    last = await look();
  }
  return last;
}

const versionOf = async (world: World, cloud: Cloud) => {
  const account = accountKey(cloud.deployed.manifest.name, cloud.assets[0]?.accountId ?? "");
  return (await world.accounts.get(account))?.version;
};

describe("1. Two schedulers renew one customer's login at the same time", () => {
  it.each(Object.keys(clouds) as Name[])("%s is asked once, and the customer stays linked", async (name) => {
    const { world, cloud, look, renewals } = await expired(name);
    const both = await Promise.all([look(), look()]);
    expect(renewals()).toBe(1);
    expect(await versionOf(world, cloud)).toBe(2);
    // The one that came second leaves it to the first, and reads at its next turn.
    expect(both).toContainEqual({ ok: 1, failed: 0, notAttempted: 0 });
    expect(await looksLater(world, look, 1)).toMatchObject({ ok: 1, failed: 0 });
    expect(world.events("FaultRaised")).toEqual([]);
  });
});

describe("1. A process dies between the vendor's answer and our write", () => {
  it.each<Name>(["tesla", "easee", "viessmann"])("and the customer of %s stays linked", async (name) => {
    const { world, look } = await expired(name);
    const last = dying(world.accounts);
    void look(last.accounts);
    await last.dead;
    expect(await looksLater(world, look)).toMatchObject({ ok: 1, failed: 0 });
    expect(world.events("FaultRaised")).toEqual([]);
  });

  // The only copy of the new pair died with the process, and the vendor takes the old one no more: nobody can mend that.
  it.each<Name>(["tesla, were it strict", "myuplink", "solaredge"])(
    "and %s leaves nobody anything but one word to the customer, with the crash on record",
    async (name) => {
      const { world, look, asset } = await expired(name);
      const last = dying(world.accounts);
      void look(last.accounts);
      await last.dead;
      await looksLater(world, look, 10);
      expect(world.events("FaultRaised")).toMatchObject([
        { assetId: asset.assetId, faultClass: "credentials-revoked" },
      ]);
      expect(world.log.of("TOKEN_REFRESH_REFUSED")[0]?.fields).toMatchObject({ crashBefore: true });
    },
  );
});
