import type { Manifest } from "../../shared/domain/manifest.ts";
import { causes } from "./causes.ts";
import { playCause } from "./night.ts";
import { type Prod, readProd } from "./prod.ts";

/** A cause by its number, in what was synthesised into a directory. */
export type MatrixJob = { assemblyDir: string; manifests: Manifest[]; cause: number; seed: number };

let prod: Prod | undefined;

process.on("message", async ({ assemblyDir, manifests, cause: number, seed }: MatrixJob) => {
  prod ??= readProd(assemblyDir);
  const cause = causes()[number];
  if (!cause) throw new Error(`no cause ${number}`);
  const before = process.cpuUsage();
  const played = await playCause(cause, { prod, manifests, seed });
  process.send?.({ ...played, cpuMs: process.cpuUsage(before).user / 1000 });
});
