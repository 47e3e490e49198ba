import { epochMs, type Instant, ZonedTime } from "../../../shared/domain/instant.ts";
import { MAX_CLOCK_SKEW_MS } from "../../../shared/domain/reading.ts";
import { VendorError } from "../../../shared/errors.ts";
import { oddity } from "../../../shared/integration/odd.ts";
import type { ViessmannCommand, ViessmannFeature, ViessmannProperty } from "./api.ts";

/** A number and when its feature last changed. */
export type Told = { value: number; feature: ViessmannFeature };

/** A feature's own time: its last change. Undefined when it has no zone or lies ahead of us; then it is no measurement. */
export function timeOf({ timestamp }: ViessmannFeature, now: Instant): Instant | undefined {
  const at = ZonedTime.safeParse(timestamp).data;
  return at !== undefined && epochMs(at) - epochMs(now) <= MAX_CLOCK_SKEW_MS ? at : undefined;
}

/** A sensor's own word for its connection. With a word that is not here its value is unknown, never a default. */
const SENSOR_STATUSES: Record<string, "has value" | "has none"> = {
  connected: "has value",
  notConnected: "has none",
  error: "has none",
};

/** A quantity's units as words, with how many of ours are in one (null: it tells another quantity), and what can be true. */
type Quantity = { units: Record<string, number | null>; least: number; most: number };
/** Words for degrees: with and without a capital, or left out. */
const CELSIUS: Quantity = { units: { celsius: 1, Celsius: 1, "": 1 }, least: -60, most: 150 };
const KILOWATTS: Quantity = { units: { watt: 0.001, kilowatt: 1, percent: null, "": null }, least: -1, most: 100 };
const PERCENT: Quantity = { units: { percent: 1, watt: null, kilowatt: null, "": null }, least: 0, most: 100 };
/** Turns of a compressor each second. */
const TURNS: Quantity = { units: { revolutionsPerSecond: 1, rotationPerMinute: 1 / 60 }, least: 0, most: 500 };

/** What a device told, by the names of its features. */
export class Features {
  readonly #byName: ReadonlyMap<string, ViessmannFeature>;
  readonly #odd = new Set<string>();

  constructor(features: readonly ViessmannFeature[]) {
    // Present but switched off or not ready is as good as absent.
    const usable = features.filter(({ isEnabled, isReady }) => isEnabled !== false && isReady !== false);
    this.#byName = new Map(usable.map((feature) => [feature.feature, feature]));
  }

  get(name: string): ViessmannFeature | undefined {
    return this.#byName.get(name);
  }

  /** The numbers N of features named `before` N `after`, lowest first. */
  numbered(before: string, after: string): number[] {
    const numbers = [...this.#byName.keys()].flatMap((name) => {
      if (!name.startsWith(before) || !name.endsWith(after)) return [];
      const digits = name.slice(before.length, name.length - after.length);
      return /^\d+$/.test(digits) ? [Number(digits)] : [];
    });
    return numbers.sort((a, b) => a - b);
  }

  /** A sensor's or setting's temperature, °C. */
  celsius(name: string): Told | undefined {
    return this.#told(name, CELSIUS);
  }

  /** kW, when the feature is told in a unit of power. */
  kilowatts(name: string): Told | undefined {
    return this.#told(name, KILOWATTS);
  }

  percent(name: string): Told | undefined {
    return this.#told(name, PERCENT);
  }

  turnsPerSecond(name: string): Told | undefined {
    return this.#told(name, TURNS);
  }

  /** Undefined when the device does not tell. */
  flag(name: string, property: string): { value: boolean; feature: ViessmannFeature } | undefined {
    const feature = this.get(name);
    const value = feature?.properties?.[property]?.value;
    if (feature && typeof value === "boolean") return { value, feature };
    if (value !== undefined && value !== null) this.#odd.add(oddity(`${name} ${property}`, value));
    return undefined;
  }

  text(name: string, property = "value"): string | undefined {
    const value = this.get(name)?.properties?.[property]?.value;
    return typeof value === "string" ? value : undefined;
  }

  command(name: string, command: string): ViessmannCommand | undefined {
    return this.get(name)?.commands?.[command];
  }

  /** What was said of the values asked for, and could not be read. */
  get odd(): readonly string[] {
    return [...this.#odd];
  }

  #told(name: string, { units, least, most }: Quantity): Told | undefined {
    const feature = this.get(name);
    const property = feature && this.#valueTold(feature);
    const { value, unit } = property ?? {};
    if (!feature || value === undefined || value === null) return undefined;
    const word = unit ?? "";
    const factor = typeof word === "string" && Object.hasOwn(units, word) ? units[word] : undefined;
    const inOurs = typeof value === "number" && typeof factor === "number" ? value * factor : undefined;
    if (inOurs !== undefined && inOurs >= least && inOurs <= most) return { value: inOurs, feature };
    if (factor === undefined) this.#odd.add(oddity(`unit of ${name}`, unit));
    else if (factor !== null) this.#odd.add(oddity(name, value));
    return undefined;
  }

  /** The status is read first: a sensor that is not connected may still carry its last number. */
  #valueTold({ feature, properties }: ViessmannFeature): ViessmannProperty | undefined {
    const status = properties?.status?.value;
    if (status === undefined || status === null) return properties?.value;
    const meaning =
      typeof status === "string" && Object.hasOwn(SENSOR_STATUSES, status) ? SENSOR_STATUSES[status] : undefined;
    if (meaning === undefined) this.#odd.add(oddity(`status of ${feature}`, status));
    return meaning === "has value" ? properties?.value : undefined;
  }
}

export function malformed(message: string): VendorError {
  return new VendorError({ fault: "malformed-message", operation: "features", message });
}
