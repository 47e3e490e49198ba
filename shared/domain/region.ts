import * as z from "zod";

const LETTERS = ["A", "B", "C", "D", "E", "F", "G", "H", "J", "K", "L", "M", "N", "P"] as const;

/** A GB electricity region: the letter of its GSP group at Elexon, and the last of an Octopus tariff code. */
export const Region = z.enum(LETTERS, {
  error: "expected the letter of a GB electricity region: A to P without I and O",
});
export type Region = z.infer<typeof Region>;

/**
 * Each region's name, and its id at the Carbon Intensity API. Both split Great Britain by its 14
 * distribution networks; Elexon letters them, _A to _P, and the API numbers them
 * (https://carbon-intensity.github.io/api-definitions/#region-list).
 */
export const REGIONS: Record<Region, { name: string; carbonRegion: string }> = {
  A: { name: "East England", carbonRegion: "10" },
  B: { name: "East Midlands", carbonRegion: "9" },
  C: { name: "London", carbonRegion: "13" },
  D: { name: "North Wales and Merseyside", carbonRegion: "6" },
  E: { name: "West Midlands", carbonRegion: "8" },
  F: { name: "North East England", carbonRegion: "4" },
  G: { name: "North West England", carbonRegion: "3" },
  H: { name: "South England", carbonRegion: "12" },
  J: { name: "South East England", carbonRegion: "14" },
  K: { name: "South Wales", carbonRegion: "7" },
  L: { name: "South West England", carbonRegion: "11" },
  M: { name: "Yorkshire", carbonRegion: "5" },
  N: { name: "South Scotland", carbonRegion: "2" },
  P: { name: "North Scotland", carbonRegion: "1" },
};
