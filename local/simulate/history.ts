import type { Wish } from "./device.ts";
import type { Published } from "./events.ts";
import type { Invocation } from "./lambda.ts";

/** A promise that was broken, when, and about what. */
export type Violation = { invariant: string; atMs: number; what: string; about: string };

/** A command as it reached a vendor, whatever the vendor then said. */
type CommandCall = {
  /** When the vendor was asked; it may act later. */
  atMs: number;
  assetId: string;
  /** The row that was being sent; undefined when none was. */
  commandId: string | undefined;
  wish: Wish;
  /** It changed what the device does. */
  hadEffect: boolean;
};

/** A refresh token that a vendor replaced: whoever asked must store the new one. */
type Rotation = {
  atMs: number;
  account: string;
  refreshToken: string;
  asker: Pick<Invocation, "isDead" | "struck">;
  /** Faults that the asker had met when the vendor answered. */
  struckBefore: number;
  /** The vendor's answer was on its way to the asker. */
  isHeard: boolean;
  isStored: boolean;
};

/** What truly happened, for those who judge. */
export type History = {
  violations: Violation[];
  calls: CommandCall[];
  rotations: Rotation[];
  published: Published[];
  /** Who was told to have thrown the kill switch. */
  switched: string[];
  /** The state of vendors' calls that were over a limit, by limit. */
  broken: (invariant: string, atMs: number, what: string, about?: string) => void;
};

export function newHistory(): History {
  const violations: Violation[] = [];
  return {
    violations,
    calls: [],
    rotations: [],
    published: [],
    switched: [],
    broken: (invariant, atMs, what, about = "") => void violations.push({ invariant, atMs, what, about }),
  };
}
