import type { Asset } from "../../../shared/domain/asset.ts";
import { epochMs, HOUR_MS, type Instant, MINUTE_MS } from "../../../shared/domain/instant.ts";
import { asCharge } from "../../../shared/domain/reading.ts";
import { VendorError } from "../../../shared/errors.ts";
import type { ConnectVendor, Target } from "../../../shared/integration/contract.ts";
import { type Charger, checkResult, toCommands, toLook } from "./adapter.ts";
import { type EaseeCommandResult, type EaseeTicket, easeeApi } from "./api.ts";
import { isComplete, type Snapshot, snapshotOf } from "./snapshot.ts";

type Api = ReturnType<typeof easeeApi>;

// Values are told when they change: older than this, a charger at rest is asked to speak, so that a command which changed
// nothing is proved before its eleven minutes are over.
const QUIET_MS = 8 * MINUTE_MS;
/** The vendor's own least distance between two such requests. */
const REPORT_EVERY_MS = 3 * MINUTE_MS;
// Throttling ends within minutes; a refusal that lasts is about rights.
const FORBIDDEN_IS_RIGHTS = { refusals: 4, afterMs: HOUR_MS };

function chargerOf(asset: Asset): Charger {
  if (asset.kind === "charger") return asset;
  throw new VendorError({
    fault: "our-configuration",
    operation: "observations",
    message: `enrolled as a ${asset.kind}, but this integration knows chargers only`,
  });
}

/** Easee's cloud in the platform's words. */
export const connectEasee: ConnectVendor = (connection) => {
  const reportedAtMs = new Map<string, number>();
  const forbidden = new Map<string, { sinceMs: number; refusals: number }>();
  const nowMs = () => epochMs(connection.now());

  const read = async (id: string, api: Api): Promise<Snapshot> => {
    const observations = await api.observations(id);
    const snapshot = snapshotOf(observations, undefined, connection.now());
    return isComplete(snapshot) ? snapshot : snapshotOf(observations, await api.state(id), connection.now());
  };

  /** Asks a charger to report, so that the next look has fresh times. Only a wish: a refusal is no fault. */
  const report = async (id: string, api: Api) => {
    if (nowMs() - (reportedAtMs.get(id) ?? Number.NEGATIVE_INFINITY) < REPORT_EVERY_MS) return;
    reportedAtMs.set(id, nowMs());
    await api.report(id).catch(ignoreVendor);
  };

  const isQuiet = (observedAt: Instant) => nowMs() - epochMs(observedAt) > QUIET_MS;

  /** Calls for one charger. A bare 403 is throttling at first; one that outlasts any throttling is told as what it is. */
  const withApi = async <T>({ asset, accessToken }: Target, work: (id: string, api: Api) => Promise<T>): Promise<T> => {
    const id = chargerOf(asset).vendorAssetId;
    try {
      const done = await work(id, easeeApi(connection, accessToken));
      forbidden.delete(id);
      return done;
    } catch (error) {
      if (!(error instanceof VendorError) || error.status !== 403 || error.fault !== "rate-limited") throw error;
      const known = forbidden.get(id) ?? { sinceMs: nowMs(), refusals: 0 };
      forbidden.set(id, { ...known, refusals: known.refusals + 1 });
      const { refusals, afterMs } = FORBIDDEN_IS_RIGHTS;
      if (known.refusals + 1 < refusals || nowMs() - known.sinceMs < afterMs) throw error;
      throw new VendorError({
        fault: "customer-must-act",
        operation: "observations",
        status: 403,
        message: "the account is refused for this charger; its owner must give it access again",
      });
    }
  };

  return {
    look: (target) =>
      withApi(target, async (id, api) => {
        const snapshot = await read(id, api);
        const look = toLook(snapshot, chargerOf(target.asset), asCharge(target.last), connection.now());
        if (look.reading && isQuiet(look.reading.observedAt)) await report(id, api);
        return look;
      }),

    // A charger on mains is always awake; the look before each command finds the one that is not reached.
    async prepare({ asset }) {
      chargerOf(asset);
      return { ready: true };
    },

    command: (target, action, { until }) =>
      withApi(target, async (id, api) => {
        const commands = toCommands(action, await read(id, api), until, connection.now());
        let withoutEffect = true;
        for (const { name, body } of commands) {
          const ticket = await api.command(id, name, body);
          if (!ticket) continue;
          withoutEffect = false;
          const result = await resultOf(ticket, api);
          if (result) checkResult(result, name);
        }
        // Nothing changes, so nothing would be told: asked for, or readings could never prove it.
        if (withoutEffect) await report(id, api);
        return { withoutEffect };
      }),
  };
};

/** The command is taken: an answer about it that does not come must not make it fail. */
async function resultOf(ticket: EaseeTicket, api: Api): Promise<EaseeCommandResult | undefined> {
  return api.result(ticket).catch(ignoreVendor);
}

function ignoreVendor(error: unknown): undefined {
  if (error instanceof VendorError) return undefined;
  throw error;
}
