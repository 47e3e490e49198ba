import { draw } from "../../../shared/integration/simulation-random.ts";
import type { CarTruth } from "./simulator-spec.ts";
import { CHARGING_STATE } from "./simulator-told.ts";

/** What a telemetry server hands on: JSON texts, in the order they reach it. */
type Sent = { atMs: number; text: string };

export type TelemetryOptions = {
  vin: string;
  seed: number;
  /** The car's configuration has `prefer_typed`; texts otherwise. */
  typed: boolean;
  /** The cabin is warmed from the mains: a load that is no charging. */
  preheating: readonly { startsAtMs: number; endsAtMs: number; powerKw: number }[];
};

/** One car's pushes: what changed, while it is awake; doubled, resent and in disorder as a network has them. */
export class CarTelemetry {
  readonly #options: TelemetryOptions;
  readonly #told = new Map<string, string>();
  #isConnected = false;
  #sent: Sent[] = [];
  #serial = 0;

  constructor(options: TelemetryOptions) {
    this.#options = options;
  }

  /** Lets the car look at itself. */
  observe(truth: CarTruth, atMs: number): void {
    const warming = this.#options.preheating.find(({ startsAtMs, endsAtMs }) => atMs >= startsAtMs && atMs < endsAtMs);
    const isAwake = truth.connectivity === "online" || warming !== undefined;
    if (isAwake !== this.#isConnected) this.#connect(isAwake, atMs);
    if (!isAwake) return;
    const loadKw = truth.powerKw > 0 ? truth.powerKw : truth.plugged ? (warming?.powerKw ?? 0) : 0;
    this.#tell(atMs, [
      ["BatteryLevel", "double", truth.socPercent],
      ["EnergyRemaining", "double", truth.storedKwh],
      ["ChargeLimitSoc", "int", truth.chargeLimitPercent],
    ]);
    this.#tell(atMs, [
      ["ACChargingPower", "double", loadKw],
      // Left as it was when the cable comes out.
      ...(truth.plugged ? [["PackCurrent", "double", truth.powerKw * 2.5] as const] : []),
      ["TimeToFullCharge", "double", truth.charging ? 1.5 : undefined],
    ]);
    this.#tell(atMs, [
      ["ChargeState", "string", truth.charging ? "Enable" : "Idle"],
      ["DetailedChargeState", "detailedChargeState", CHARGING_STATE[truth.phase]],
      ["ChargeCurrentRequest", "int", truth.requestedA],
    ]);
  }

  /** All that came since: half of the pairs in disorder, every tenth twice, and now and then an old one resent. */
  take(): string[] {
    const sent = this.#sent;
    this.#sent = [];
    const order = sent.map((one, index) => ({ ...one, at: index + 3 * this.#unit("order", one.atMs, index) }));
    return order
      .toSorted((a, b) => a.at - b.at)
      .flatMap(({ text, atMs }, index) => {
        if (this.#unit("resent", atMs, index) < 0.03) this.#sent.push({ atMs, text: resent(text) });
        return this.#unit("twice", atMs, index) < 0.1 ? [text, text] : [text];
      });
  }

  #connect(isConnected: boolean, atMs: number): void {
    this.#isConnected = isConnected;
    // A new connection begins by telling everything.
    this.#told.clear();
    this.#send(atMs, {
      connectionId: "1",
      status: isConnected ? "CONNECTED" : "DISCONNECTED",
      networkInterface: "wifi",
    });
  }

  #tell(atMs: number, fields: readonly (readonly [string, string, string | number | undefined])[]): void {
    const data = fields.flatMap(([key, type, value]) => {
      const told = this.#valueOf(type, value, atMs);
      const text = JSON.stringify(told);
      if (this.#told.get(key) === text) return [];
      this.#told.set(key, text);
      return [{ key, value: told }];
    });
    if (data.length > 0) this.#send(atMs, { data, isResend: false });
  }

  #valueOf(type: string, value: string | number | undefined, atMs: number): Record<string, unknown> {
    if (value === undefined) return this.#unit("none", atMs) < 0.5 ? {} : { invalid: true };
    // Single precision, as the cars send it.
    const exact = type === "double" ? Math.fround(Math.round(Number(value) * 100) / 100) : value;
    if (!this.#options.typed && type !== "detailedChargeState") return { stringValue: String(exact) };
    return { [`${type}Value`]: type === "detailedChargeState" ? `DetailedChargeState${exact}` : exact };
  }

  /** Nine decimals; several records of one millisecond differ in the last six. */
  #send(atMs: number, record: Record<string, unknown>): void {
    const nanos = String(this.#serial++ % 1_000_000).padStart(6, "0");
    const createdAt = new Date(atMs).toISOString().replace("Z", `${nanos}Z`);
    this.#sent.push({ atMs, text: JSON.stringify({ ...record, createdAt, vin: this.#options.vin }) });
  }

  #unit(...about: (string | number)[]): number {
    return draw(this.#options.seed, this.#options.vin, "telemetry", ...about);
  }
}

function resent(text: string): string {
  return text.replace('"isResend":false', '"isResend":true');
}
