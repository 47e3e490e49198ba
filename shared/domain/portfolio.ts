import * as z from "zod";
import { Instant } from "./instant.ts";
import { EnergyKwh, PowerKw } from "./units.ts";

/** `<fleet>@<region>`: what is planned together, for it shares prices and limits. */
export const PortfolioId = z.string().regex(/^[^@#]{1,64}@[^@#]{1,64}$/, "expected <fleet>@<region>");
export type PortfolioId = z.infer<typeof PortfolioId>;

/** A portfolio's last plan as a whole: what it costs, how good that is, and what capacity was worth. */
export const Portfolio = z.strictObject({
  portfolioId: PortfolioId,
  /** A large portfolio is planned in parts, each under its share of the limit. */
  part: z.number().int().nonnegative(),
  parts: z.number().int().positive(),
  madeAt: Instant,
  /** Charging loads planned together. */
  assets: z.number().int().nonnegative(),
  objectivePence: z.number(),
  boundPence: z.number(),
  gap: z.number().min(0),
  shortfallKwh: EnergyKwh,
  /** False when time ran out: the plan stands, with its gap. */
  isFinished: z.boolean(),
  /** Slots of `stepMinutes` from `startsAt`: what all draw, what they may, and what one kWh more would be worth. */
  startsAt: Instant,
  stepMinutes: z.number().int().positive(),
  loadKw: z.array(PowerKw),
  limitKw: z.array(PowerKw.nullable()),
  capacityPencePerKwh: z.array(z.number().nonnegative()),
});
export type Portfolio = z.infer<typeof Portfolio>;

/** The fleet of a portfolio. */
export function fleetOf(portfolioId: PortfolioId): string {
  return portfolioId.slice(0, portfolioId.indexOf("@"));
}

export function portfolioIdOf(fleetId: string, region: string): PortfolioId {
  return `${fleetId}@${region}`;
}
