import { HOUR_MS } from "../../shared/domain/instant.ts";
import { BadInput } from "../feeds/bad-input.ts";
import { numberOf, records, textOf, timeOf } from "../feeds/csv.ts";

type Statement = { departsAtMs: number; energyKwh: number };

/** One car's stay at a charger, epoch ms. */
export type Stay = {
  id: string;
  /** Its charger's name; absent where the data has none. */
  station?: string;
  arrivesAtMs: number;
  departsAtMs: number;
  /** What it took, at most what its charger can give in the stay: the truth that nobody knows on its arrival. */
  energyKwh: number;
  maxPowerKw: number;
  /** What its driver said on arrival; null when nothing, absent where the data does not tell of statements at all. */
  stated?: Statement | null;
};

export type Stays = { stays: Stay[]; leftOut: number; capped: number };

export type Chargers = {
  maxPowerKw: number;
  /** Of stations that are unlike the others, kW. */
  ofStation: ReadonlyMap<string, number>;
};

/**
 * Reads `session`, `arrival_utc`, `departure_utc`, `delivered_kwh`, and where the file has them `station`,
 * `estimated_departure_utc`, `requested_kwh`, `user_input` (`no`: what stands there is no driver's word). Rows without
 * departure, stay or energy are left out and counted; more energy than the charger can give is cut to that and counted.
 * Throws BadInput naming file and line.
 */
export async function readStays(file: string, chargers: Chargers, shiftMs: number): Promise<Stays> {
  const [header, ...rows] = records(file, await textOf(file));
  const names = header?.record ?? [];
  const column = (name: string): number => {
    const index = names.indexOf(name);
    if (index < 0) throw new BadInput(`${file} line 1 names no column ${name}.`);
    return index;
  };
  const optional = (name: string) => (names.includes(name) ? names.indexOf(name) : undefined);
  const [id, arrival, departure, delivered] = [
    column("session"),
    column("arrival_utc"),
    column("departure_utc"),
    column("delivered_kwh"),
  ];
  const [station, estimate, requested, userInput] = [
    optional("station"),
    optional("estimated_departure_utc"),
    optional("requested_kwh"),
    optional("user_input"),
  ];
  const result: Stays = { stays: [], leftOut: 0, capped: 0 };
  for (const { record, info } of rows) {
    const at = `${file} line ${info.lines}`;
    const field = (index: number | undefined) => (index === undefined ? "" : (record[index] ?? ""));
    const time = (index: number, name: string) => timeOf(at, name, field(index)) + shiftMs;
    const arrivesAtMs = time(arrival, "arrival_utc");
    const wantedKwh = numberOf(at, field(delivered));
    if (wantedKwh === undefined) throw new BadInput(`${at} has no delivered_kwh.`);
    const departsAtMs = field(departure) === "" ? arrivesAtMs : time(departure, "departure_utc");
    if (departsAtMs < arrivesAtMs) throw new BadInput(`${at} departs before it arrives.`);
    if (departsAtMs === arrivesAtMs || wantedKwh <= 0) {
      result.leftOut++;
      continue;
    }
    const maxPowerKw = chargers.ofStation.get(field(station)) ?? chargers.maxPowerKw;
    const possibleKwh = (maxPowerKw * (departsAtMs - arrivesAtMs)) / HOUR_MS;
    if (wantedKwh > possibleKwh) result.capped++;
    const stated = (): Statement | null => {
      const wished = numberOf(at, field(requested));
      if (field(userInput) === "no" || field(estimate) === "" || wished === undefined) return null;
      return { departsAtMs: time(estimate ?? 0, "estimated_departure_utc"), energyKwh: wished };
    };
    result.stays.push({
      id: field(id),
      ...(field(station) === "" ? {} : { station: field(station) }),
      arrivesAtMs,
      departsAtMs,
      energyKwh: Math.min(wantedKwh, possibleKwh),
      maxPowerKw,
      ...(estimate === undefined || requested === undefined ? {} : { stated: stated() }),
    });
  }
  if (result.stays.length === 0) throw new BadInput(`${file} holds no session with a stay and energy.`);
  result.stays.sort((a, b) => a.arrivesAtMs - b.arrivesAtMs || (a.id < b.id ? -1 : 1));
  return result;
}
