import { serveLoopback } from "../../../shared/integration/loopback.ts";
import { Cloud } from "./simulator-cloud.ts";
import { type FaultLogEntry, type FaultScript, Faults } from "./simulator-faults.ts";
import { Ledger, type Limits, type LoggedCall } from "./simulator-ledger.ts";
import { type Quarter, Site } from "./simulator-site.ts";
import type { SimulatorClock, SiteSpec } from "./simulator-spec.ts";
import { type Issued, Tokens } from "./simulator-tokens.ts";
import { CALLS_PER_MINUTE, CREDITS_PER_MONTH } from "./vendor-plan.ts";

export type SolarEdgeSimulatorOptions = {
  clock: SimulatorClock;
  sites: readonly SiteSpec[];
  /** Same seed, sites, script and calls: same days. */
  seed: number;
  faults?: FaultScript;
  clientId: string;
  clientSecret: string;
  /** The free tier's if absent. */
  limits?: Partial<Limits>;
};

export type SolarEdgeSimulator = {
  /** Base of version 2. */
  url: string;
  /** As after the customer's consent. */
  issueTokens(accountId: string): Issued;
  /** What the site really did over a stretch, whatever its cloud told. */
  truth(siteId: string, startsAtMs: number, endsAtMs: number): Quarter;
  calls(): LoggedCall[];
  /** The most calls in any minute and credits in any month. */
  peaks(): { callsPerMinute: number; creditsPerMonth: number };
  /** The faults that really happened until now, in order of time. */
  faultLog(): FaultLogEntry[];
  stop(): Promise<void>;
};

/** SolarEdge's cloud with its sites, on loopback, under the given clock. */
export async function startSolarEdgeSimulator(options: SolarEdgeSimulatorOptions): Promise<SolarEdgeSimulator> {
  const { clock, seed, clientId, clientSecret } = options;
  const faults = new Faults(options.faults ?? { rules: [] }, seed);
  const sites = new Map(
    options.sites.map((spec) => [spec.siteId, new Site(spec, seed, faults.silencesOf(spec.siteId))]),
  );
  const ledger = new Ledger({
    creditsPerMonth: CREDITS_PER_MONTH,
    callsPerMinute: CALLS_PER_MINUTE,
    ...options.limits,
  });
  const tokens = new Tokens(seed);
  const cloud = new Cloud({ clock, sites, faults, ledger, tokens, seed, clientId, clientSecret });

  const server = await serveLoopback((request) => cloud.answer(request));
  return {
    url: `${server.url}/v2`,
    issueTokens: (accountId) => tokens.issue(accountId, clock.now()),
    truth(siteId, startsAtMs, endsAtMs) {
      const site = sites.get(siteId);
      if (!site) throw new RangeError("no such site in this simulator");
      return site.really(startsAtMs, endsAtMs);
    },
    calls: () => ledger.calls(),
    peaks: () => ledger.peaks(),
    faultLog: () => faults.log(clock.now()),
    stop: server.stop,
  };
}
