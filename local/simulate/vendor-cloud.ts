import { instant, MINUTE_MS } from "../../shared/domain/instant.ts";
import type { Manifest } from "../../shared/domain/manifest.ts";
import { CallLimits } from "./call-limits.ts";
import type { Device, Wish } from "./device.ts";
import type { Episodes } from "./episodes.ts";
import type { Strike } from "./faults.ts";
import type { History } from "./history.ts";
import type { Invocation, World } from "./lambda.ts";
import type { Pair, TokenBooks } from "./tokens.ts";

export type Answer = { status: number; headers: Record<string, string>; text: string };
/** No answer within the time that a caller waits. */
export type Silence = "silence";
export type VendorCall = { kind: "data" | "command" | "wake"; vendorAssetId: string; token: string; wish?: Wish };

const OLD_MS = 40 * MINUTE_MS;
const FUTURE_MS = 60 * MINUTE_MS;
/** A 429 that does not say for how long is believed for this long, s. */
const BELIEVED_SECONDS = 60;

const json = (status: number, body: unknown, headers: Record<string, string> = {}): Answer => ({
  status,
  headers,
  text: JSON.stringify(body),
});

/** One vendor's cloud: it knows its devices exactly, and says what it says. */
export class VendorCloud {
  readonly manifest: Manifest;
  readonly books: TokenBooks;
  readonly #world: World;
  readonly #history: History;
  readonly #episodes: Episodes;
  readonly #devices: Map<string, Device>;
  readonly #limits: CallLimits;
  readonly #link: (accountId: string, pair: Pair) => Promise<void>;

  constructor(given: {
    manifest: Manifest;
    books: TokenBooks;
    world: World;
    history: History;
    episodes: Episodes;
    devices: readonly Device[];
    /** Stores the new pair of a customer who linked the login anew. */
    link: (accountId: string, pair: Pair) => Promise<void>;
  }) {
    this.manifest = given.manifest;
    this.books = given.books;
    this.#world = given.world;
    this.#history = given.history;
    this.#link = given.link;
    this.#episodes = given.episodes;
    this.#devices = new Map(given.devices.map((device) => [device.spec.vendorAssetId, device]));
    this.#limits = new CallLimits(given.manifest);
  }

  assetIdOf(vendorAssetId: string): string | undefined {
    return this.#devices.get(vendorAssetId)?.spec.assetId;
  }

  /** Answers a call at the moment when it arrives. */
  answer(call: VendorCall, strike: Strike | undefined, invocation: Invocation): Answer | Silence {
    const nowMs = this.#world.engine.nowMs();
    const device = this.#devices.get(call.vendorAssetId);
    if (!device) return json(404, { error: "no such device" });
    const { assetId, accountId } = device.spec;
    const over = this.#limits.count({ deviceId: assetId, accountId, kind: call.kind }, nowMs);
    if (over) {
      this.#history.broken("no vendor over budget", nowMs, over, assetId);
      return json(429, { error: "too many" }, { "retry-after": "60" });
    }
    const outage = this.#episodes.outageOf(this.manifest.name, nowMs);
    if (outage) return outage === "silent" ? "silence" : json(503, { error: "unavailable" });
    if (strike?.kind === "relinked") {
      this.relink(accountId, strike.random() * 5_000);
      this.books.turnedAway.add(call.token);
      return json(401, { error: "token" });
    }
    const owner = this.books.accountOf(call.token, nowMs);
    if (strike?.kind === "unauthorised" || owner === undefined) {
      this.books.turnedAway.add(call.token);
      return json(401, { error: "token" });
    }
    if (owner !== accountId) {
      this.#history.broken(
        "P7 tenant isolation",
        nowMs,
        `the login of ${owner} was used for a device of ${accountId}`,
        assetId,
      );
      return json(403, { error: "not yours" });
    }
    switch (strike?.kind) {
      case "unavailable":
        return json(503, { error: "unavailable" });
      case "silent":
        return "silence";
      case "html":
        return { status: 200, headers: {}, text: "<!doctype html><html><body>Be right back</body></html>" };
      case "too-many":
        this.#holdUp(BELIEVED_SECONDS, nowMs);
        return json(429, { error: "too many" });
      case "too-many-until": {
        const seconds = 30 + Math.round(strike.random() * 300);
        this.#holdUp(seconds, nowMs);
        return json(429, { error: "too many" }, { "retry-after": String(seconds) });
      }
      default:
    }
    if (this.#episodes.isOffline(assetId, nowMs)) {
      return json(408, { error: "device unreachable" });
    }
    device.settle(nowMs);
    if (call.kind === "data") return this.#look(device, strike, nowMs);
    if (call.kind === "wake") return json(200, { awakeInMs: device.wake(nowMs) - nowMs });
    return this.#command(device, call.wish ?? { on: false }, { strike, invocation, nowMs });
  }

  /** A customer consents anew, which ends the pair that was; our row has the new one a little later. */
  relink(accountId: string, afterMs: number): void {
    const { engine } = this.#world;
    const pair = this.books.issue(accountId, engine.nowMs());
    engine.after(afterMs, () => {
      // Of two consents one after the other the last is kept.
      if (this.books.isHonoured(pair.refreshToken, engine.nowMs())) void this.#link(accountId, pair);
      return true;
    });
  }

  /** "Too many" stops all calls to a vendor: whatever was wanted meanwhile waits until then, and its share longer. */
  #holdUp(seconds: number, fromMs: number): void {
    this.#world.hindrances.note([this.manifest.name], { fromMs, toMs: fromMs + 1.5 * seconds * 1000 });
  }

  #look(device: Device, strike: Strike | undefined, nowMs: number): Answer {
    const { spec } = device;
    const asleep = device.isAsleep(nowMs);
    const isFuture = strike?.kind === "future" || this.#episodes.isAhead(spec.assetId, nowMs);
    const isOld = strike?.kind === "old";
    const toldMs = asleep ? Math.min(device.awakeUntilMs, nowMs - 1_000) : nowMs - 1_000;
    const measuredMs = isFuture ? nowMs + FUTURE_MS : isOld ? nowMs - OLD_MS : toldMs;
    const state = !device.isPlugged
      ? "disconnected"
      : device.isFull
        ? "complete"
        : device.kw > 0
          ? "charging"
          : "stopped";
    const kw = strike?.kind === "wrong-unit" ? device.kw * 1000 : device.kw;
    return json(200, {
      // Of a car that sleeps, what it said last.
      online: !asleep,
      assetId: spec.vendorAssetId,
      measuredAt: instant(measuredMs),
      // What it says of long ago is what was so then, as far as anybody here knows: nothing drawn.
      state: isOld ? (device.isPlugged ? "stopped" : "disconnected") : state,
      plugged: device.isPlugged,
      powerKw: isOld ? 0 : kw,
      storedKwh: device.storedKwh ?? null,
      sessionKwh: spec.kind === "charger" ? device.takenKwh : null,
      currentA: device.currentA,
    });
  }

  #command(
    device: Device,
    wish: Wish,
    { strike, invocation, nowMs }: { strike: Strike | undefined; invocation: Invocation; nowMs: number },
  ): Answer | Silence {
    const { assetId } = device.spec;
    if (device.isAsleep(nowMs)) return json(408, { error: "device asleep" });
    const commandId = invocation.notes.get(`sending ${assetId}`) as string | undefined;
    const doIt = (actsMs: number) => {
      const hadEffect = device.obey(wish, actsMs);
      this.#history.calls.push({ atMs: nowMs, assetId, commandId, wish, hadEffect });
      this.#world.trace.add(`${actsMs} ${assetId} is told ${JSON.stringify(wish)} by ${commandId}: ${hadEffect}`);
    };
    switch (strike?.kind) {
      case "ignored":
        return json(200, { taken: true });
      case "silent-late":
        this.#world.engine.after(8_000 + strike.random() * 20_000, () => {
          doIt(this.#world.engine.nowMs());
          return false;
        });
        return "silence";
      case "silent-done":
        doIt(nowMs);
        return "silence";
      case "unavailable-done":
        doIt(nowMs);
        return json(503, { error: "unavailable" });
      default:
    }
    if (!device.isPlugged) return json(409, { error: "disconnected" });
    doIt(nowMs);
    return json(200, { taken: true });
  }
}
