import { describe, expect, it } from "vitest";
import type { AccountsStore } from "../../shared/store/accounts.ts";
import { ACCOUNT, AFTER_LEASE_MS, anExpiredLogin, type ExpiredLogin, type Rotation } from "./auth-bench.ts";
import { everyInterleaving, type Gate } from "./interleavings.ts";

const ROTATIONS: Rotation[] = ["strict", "grace", "reuse-revokes"];
// The vendor has answered, and the answer is not stored yet.
const WINDOW = "write";

function gatedStore(accounts: AccountsStore, gate: Gate): AccountsStore {
  return {
    ...accounts,
    get: (account) => gate("read", () => accounts.get(account)),
    lease: (...lease) => gate("lease", () => accounts.lease(...lease)),
    giveBack: (owner, row) =>
      gate(row.refusedAt ? "refuse" : row.refreshAttemptAt ? "release" : WINDOW, () => accounts.giveBack(owner, row)),
  };
}

/** A worker that stops before each step another worker could notice. What commutes, such as sealing, has no gate. */
function renewing(login: ExpiredLogin, gate: Gate, outlivesLease = false) {
  const worker = login.worker({
    accounts: gatedStore(login.accounts, gate),
    fetch: (url, init) =>
      gate("vendor", async () => {
        const answer = await login.vendor.fetch(url, init);
        if (outlivesLease) login.clock.advance(AFTER_LEASE_MS);
        return answer;
      }),
  });
  return worker.accessToken("alex");
}

/** Later workers, one after the other, each after the last one's lease is over. */
async function recover(login: ExpiredLogin): Promise<"renewed" | "revoked" | "stuck"> {
  for (let attempt = 0; attempt < 4; attempt++) {
    login.clock.advance(AFTER_LEASE_MS);
    try {
      await login.worker().accessToken("alex");
      return "renewed";
    } catch (error) {
      if (Object(error).fault === "credentials-revoked") return "revoked";
    }
  }
  return "stuck";
}

async function explore(rotation: Rotation, options: { crash: boolean; outlivesLease?: boolean }) {
  const lost: { killedBefore: string | undefined; knownBefore: boolean; knownInLog: boolean }[] = [];
  let falselyRevoked = 0;
  let stuck = 0;
  const played = await everyInterleaving({
    workers: 2,
    crash: options.crash,
    world: () => anExpiredLogin(rotation),
    work: (login, gate) => renewing(login, gate, options.outlivesLease),
    check: async (login, history) => {
      const knownBefore = (await login.row()).refreshAttemptAt !== undefined;
      const end = await recover(login);
      const isRevoked = (await login.row()).revokedAt !== undefined;
      const isAlive = login.vendor.wouldTake((await login.storedPair()).refreshToken);
      if (isRevoked && isAlive) falselyRevoked += 1;
      if (end === "stuck") stuck += 1;
      const [firstRefusal] = login.log.of("TOKEN_REFRESH_REFUSED");
      const knownInLog = firstRefusal?.fields.crashBefore === true;
      if (!isAlive) lost.push({ killedBefore: history.killedBefore, knownBefore, knownInLog });
    },
  });
  return { played, lost, falselyRevoked, stuck };
}

describe("two workers that renew one login, in every order", () => {
  it.each(ROTATIONS)("lose nothing at a %s vendor when none of them dies", async (rotation) => {
    const { played, ...outcome } = await explore(rotation, { crash: false });
    expect(played).toBeGreaterThan(20);
    expect(outcome).toEqual({ lost: [], falselyRevoked: 0, stuck: 0 });
  });

  it("lose nothing at a grace vendor when one of them dies before any of its steps", async () => {
    const { played, ...outcome } = await explore("grace", { crash: true });
    expect(played).toBeGreaterThan(100);
    expect(outcome).toEqual({ lost: [], falselyRevoked: 0, stuck: 0 });
  });

  it.each<Rotation>(["strict", "reuse-revokes"])(
    "lose a login of a %s vendor only between its answer and our write, and that is known",
    async (rotation) => {
      const { played, lost, falselyRevoked, stuck } = await explore(rotation, { crash: true });
      expect(played).toBeGreaterThan(100);
      expect({ falselyRevoked, stuck }).toEqual({ falselyRevoked: 0, stuck: 0 });
      expect(lost.length).toBeGreaterThan(0);
      expect(new Set(lost.map(({ killedBefore }) => killedBefore))).toEqual(new Set([WINDOW]));
      expect(lost.every(({ knownBefore, knownInLog }) => knownBefore && knownInLog)).toBe(true);
    },
  );

  it("would lose logins if a worker could outlive its lease, so this test can fail", async () => {
    const { lost } = await explore("strict", { crash: false, outlivesLease: true });
    expect(lost.length).toBeGreaterThan(0);
  });

  it("ask the vendor once when none of them dies, and both get the new token", async () => {
    await everyInterleaving({
      workers: 2,
      crash: false,
      world: () => anExpiredLogin("strict"),
      work: (login, gate) => renewing(login, gate),
      check: async ({ vendor, accounts }) => {
        expect(vendor.asked).toHaveLength(1);
        expect(await accounts.get(ACCOUNT)).toMatchObject({ version: 2 });
      },
    });
  });
});
