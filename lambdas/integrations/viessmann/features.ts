import { VendorError } from "../../../shared/errors.ts";
import type { ViessmannCommand, ViessmannFeature, ViessmannProperty } from "./api.ts";

/** A number and when its feature last changed. */
export type Told = { value: number; feature: ViessmannFeature };

/** A sensor's own word for its connection. A word that is not here is an error, never a default. */
const SENSOR_STATUSES: Record<string, "has value" | "has none"> = {
  connected: "has value",
  notConnected: "has none",
  error: "has none",
};

/** Words for degrees: with and without a capital, or left out. */
const CELSIUS = ["celsius", "Celsius", ""];

/** kW in one of a unit; null for words that are no power. */
const KILOWATTS: Record<string, number | null> = { watt: 0.001, kilowatt: 1, percent: null, "": null };

/** Turns of a compressor each second, in one of a unit. */
const TURNS_PER_SECOND: Record<string, number> = { revolutionsPerSecond: 1, rotationPerMinute: 1 / 60 };

/** What a device told, by the names of its features. */
export class Features {
  readonly #byName: ReadonlyMap<string, ViessmannFeature>;

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
    return this.#told(name, (unit) => {
      if (CELSIUS.includes(unit)) return 1;
      throw unknownWord("unit of a temperature", unit);
    });
  }

  /** kW, when the feature is told in a unit of power. */
  kilowatts(name: string): Told | undefined {
    return this.#told(name, (unit) => known(KILOWATTS, unit, "unit of a power"));
  }

  percent(name: string): Told | undefined {
    return this.#told(name, (unit) => (unit === "percent" ? 1 : null));
  }

  turnsPerSecond(name: string): Told | undefined {
    return this.#told(name, (unit) => known(TURNS_PER_SECOND, unit, "unit of a speed"));
  }

  /** Undefined when the device does not tell. */
  flag(name: string, property: string): { value: boolean; feature: ViessmannFeature } | undefined {
    const feature = this.get(name);
    const value = feature?.properties?.[property]?.value;
    return feature && typeof value === "boolean" ? { value, feature } : undefined;
  }

  text(name: string, property = "value"): string | undefined {
    const value = this.get(name)?.properties?.[property]?.value;
    return typeof value === "string" ? value : undefined;
  }

  command(name: string, command: string): ViessmannCommand | undefined {
    return this.get(name)?.commands?.[command];
  }

  #told(name: string, factorOf: (unit: string) => number | null): Told | undefined {
    const feature = this.get(name);
    const property = feature && valueTold(feature);
    if (!property || typeof property.value !== "number" || !Number.isFinite(property.value)) return undefined;
    const factor = factorOf(property.unit ?? "");
    return factor === null ? undefined : { value: property.value * factor, feature };
  }
}

/** The status is read first: a sensor that is not connected may still carry its last number. */
function valueTold({ properties }: ViessmannFeature): ViessmannProperty | undefined {
  const status = properties?.status?.value;
  if (typeof status === "string" && known(SENSOR_STATUSES, status, "status of a sensor") === "has none") {
    return undefined;
  }
  return properties?.value;
}

function known<T>(words: Record<string, T>, text: string, what: string): T {
  const meaning = Object.hasOwn(words, text) ? words[text] : undefined;
  if (meaning === undefined) throw unknownWord(what, text);
  return meaning;
}

export function unknownWord(what: string, text: string): VendorError {
  return new VendorError({
    fault: "malformed-message",
    operation: "features",
    message: `unknown ${what} "${text.slice(0, 30)}"`,
  });
}
