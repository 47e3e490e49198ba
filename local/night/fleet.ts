import type { Asset, HeatPump, SolarSite } from "../../shared/domain/asset.ts";
import { BadInput } from "../feeds/bad-input.ts";
import { type Random, seededRandom } from "../random.ts";
import { carsFor, type NightCar } from "./cars.ts";
import { chargersFor, type NightCharger } from "./chargers.ts";
import { heatPumpsFor } from "./heat-pumps.ts";
import { homeNumber, households } from "./household.ts";
import type { Night } from "./night.ts";
import { actsItself, pair } from "./pairs.ts";
import { drawSessions, generateSessions, readSessions, type Session } from "./sessions.ts";
import { solarSitesFor } from "./solar-sites.ts";
import { ofFamily, type Vendor } from "./vendors.ts";

/** How many devices of each kind; cars undefined: the default, or all sessions of the night in the session file. */
export type FleetRequest = {
  cars: number | undefined;
  chargers: number;
  heatPumps: number;
  solarSites: number;
  sessions: string | undefined;
  seed: number;
  carbonWeightPencePerKg: number;
};

/** The night's devices. */
export type Fleet = { cars: NightCar[]; chargers: NightCharger[]; heatPumps: HeatPump[]; solarSites: SolarSite[] };

const DEFAULT_CARS = 5;
const MAX_DEVICES = 2000;
const OPTIONS = { chargers: "--chargers", heatPumps: "--heat-pumps", solarSites: "--solar-sites" } as const;

/** Throws BadInput, in one sentence, for a number of devices that cannot be run. */
export function checkCounts(request: FleetRequest): void {
  const isCount = (count: number) => Number.isInteger(count) && count >= 0 && count <= MAX_DEVICES;
  let others = 0;
  for (const kind of ["chargers", "heatPumps", "solarSites"] as const) {
    if (!isCount(request[kind])) throw new BadInput(`${OPTIONS[kind]} wants a whole number from 0 to ${MAX_DEVICES}`);
    others += request[kind];
  }
  const { cars = DEFAULT_CARS } = request;
  if (isCount(cars) && cars + others > 0) return;
  const alone = others > 0 ? "from 0" : "from 1";
  throw new BadInput(
    `--cars wants a whole number ${alone} to ${MAX_DEVICES}${cars === 0 ? ", or another kind of device beside it" : ""}`,
  );
}

/** The night's devices and what a reader must know of their stays. Throws BadInput for a session file that is at fault. */
export function fleetFor(
  request: FleetRequest,
  night: Night,
  vendors: readonly Vendor[],
): { fleet: Fleet; notes: string[] } {
  const random = seededRandom(request.seed);
  const stays = request.sessions
    ? recordedStays(request.sessions, request, night, random)
    : generatedStays(request, night, random);
  const counts = { cars: stays.cars.length, chargers: stays.chargers.length };
  const household = households(night, request.solarSites);
  const atHome = (kind: "car" | "charger") => (index: number) => household(homeNumber(index, kind, counts));
  const ofNumber = (index: number) => household(index + 1);
  const { carbonWeightPencePerKg } = request;
  const of = (count: number, family: Parameters<typeof ofFamily>[1]) => (count === 0 ? [] : ofFamily(vendors, family));

  // Each kind draws from its own numbers: the cars of a seed are the same whatever else is there.
  const ownRandom = (kind: number) => seededRandom(request.seed * 8 + kind);
  const cars = carsFor(stays.cars, night, random, {
    vendors: of(counts.cars, "vehicle"),
    household: atHome("car"),
    carbonWeightPencePerKg,
  });
  const chargers = chargersFor(stays.chargers, night, {
    vendors: of(counts.chargers, "charger"),
    household: atHome("charger"),
    carbonWeightPencePerKg,
  });
  const fleet: Fleet = {
    ...pair(cars, chargers),
    heatPumps: heatPumpsFor(request.heatPumps, ownRandom(1), {
      vendors: of(request.heatPumps, "heat-pump"),
      household: ofNumber,
      carbonWeightPencePerKg,
    }),
    solarSites: solarSitesFor(request.solarSites, ownRandom(2), {
      vendors: of(request.solarSites, "solar-site"),
      household: ofNumber,
    }),
  };
  return { fleet, notes: [...stays.notes, ...longStays(fleet, night), ...pairNotes(fleet)] };
}

/** All devices as they are enrolled. */
export function assetsOf({ cars, chargers, heatPumps, solarSites }: Fleet): Asset[] {
  return [...[...cars, ...chargers].map(({ asset }) => asset), ...heatPumps, ...solarSites];
}

/** Those that draw from the grid by themselves: a car that plugs into a charger of the fleet draws through that one. */
export function loadsOf(fleet: Fleet): Asset[] {
  return assetsOf(fleet).filter(
    (asset) => asset.kind !== "solar-site" && !(asset.kind === "car" && asset.chargerId !== undefined),
  );
}

type Stays = { cars: Session[]; chargers: Session[]; notes: string[] };

function recordedStays(file: string, { cars, chargers }: FleetRequest, night: Night, random: Random): Stays {
  if (cars === 0 && chargers === 0) return { cars: [], chargers: [], notes: [] };
  const recorded = readSessions(file);
  const drawn = drawSessions(recorded.sessions, night, { cars, chargers }, random, file);
  const { leftOut } = recorded;
  const note = `${leftOut} recorded sessions have no usable stay or energy and are left out`;
  return leftOut > 0 ? { ...drawn, notes: [...drawn.notes, note] } : drawn;
}

function generatedStays(request: FleetRequest, night: Night, random: Random): Stays {
  const cars = generateSessions(night, request.cars ?? DEFAULT_CARS, random);
  const chargers = generateSessions(night, request.chargers, seededRandom(request.seed * 8 + 3));
  const notes = cars.length + chargers.length > 0 ? [`charging sessions are generated (seed ${request.seed})`] : [];
  return { cars, chargers, notes };
}

function pairNotes({ cars }: Fleet): string[] {
  const paired = cars.filter((car) => !actsItself(car)).length;
  if (paired === 0) return [];
  return [
    `${paired} ${paired === 1 ? "car plugs" : "cars plug"} into an enrolled charger, which acts: the stay is told there`,
  ];
}

function longStays({ cars, chargers }: Fleet, night: Night): string[] {
  const longer = [...cars, ...chargers].filter(({ session }) => session.departsAtMs > night.endsAtMs).length;
  if (longer === 0) return [];
  return [`${longer} ${longer === 1 ? "car stays" : "cars stay"} longer than the night and must be ready at its end`];
}
