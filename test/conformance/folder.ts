import { existsSync, readdirSync, readFileSync } from "node:fs";
import * as z from "zod";
import { Asset } from "../../shared/domain/asset.ts";
import type { Manifest } from "../../shared/domain/manifest.ts";
import { QualityLedger } from "../../shared/domain/quality.ts";
import type { ConnectVendor, Login } from "../../shared/integration/contract.ts";
import type { StartSimulation } from "../../shared/integration/simulation.ts";
import { Fixture } from "./fixture.ts";

export type Capability = Manifest["capabilities"][number];

const ROOT = new URL("../../lambdas/integrations/", import.meta.url);
const FILES = [
  "manifest.ts",
  "quality.ts",
  "api.ts",
  "adapter.ts",
  "client.ts",
  "handler.ts",
  "simulation.ts",
  "asset.json",
  "README.md",
];

type NamedFixture = { file: string; text: string; fixture: Fixture };

/** Everything that an integration's folder says of itself. */
export type Folder = {
  name: string;
  manifest: Manifest;
  quality: QualityLedger;
  asset: Asset;
  fixtures: NamedFixture[];
  readme: string;
  manifestText: string;
  /** What runs: every source file but the facts and the simulation. */
  source: string;
  /** What the deployed handler is made of. */
  connect: ConnectVendor;
  login: Login;
  startSimulation: StartSimulation;
  vendorAssetId: (index: number) => string;
};

export function integrationNames(): string[] {
  return readdirSync(ROOT, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

/** Throws what is wrong with a file that is absent or does not fit. */
export async function loadFolder(name: string): Promise<Folder> {
  const folder = new URL(`${name}/`, ROOT);
  const missing = FILES.filter((file) => !existsSync(new URL(file, folder)));
  if (missing.length > 0) throw new Error(`lambdas/integrations/${name} lacks ${missing.join(", ")}`);
  const text = (file: string) => readFileSync(new URL(file, folder), "utf8");
  const load = (file: string) => import(new URL(file, folder).href);
  const simulation: Pick<Folder, "startSimulation" | "vendorAssetId"> = await load("simulation.ts");
  const deployed: { connect: ConnectVendor; login: Login; manifest: Manifest } = (await load("handler.ts")).handler
    .integration;
  return {
    name,
    manifest: deployed.manifest,
    quality: QualityLedger.parse((await load("quality.ts")).quality),
    asset: Asset.parse(JSON.parse(text("asset.json"))),
    fixtures: jsonFiles(new URL("fixtures/", folder)).map((file) => readFixture(folder, file)),
    readme: text("README.md"),
    manifestText: text("manifest.ts"),
    source: readdirSync(folder)
      .filter((file) => file.endsWith(".ts") && !/^(simulat.*|manifest|quality)\.ts$/.test(file))
      .map(text)
      .join("\n"),
    connect: deployed.connect,
    login: deployed.login,
    startSimulation: simulation.startSimulation,
    vendorAssetId: simulation.vendorAssetId,
  };
}

/** The actions that its capabilities allow; none when it only reads. */
export function actionsOf(manifest: Manifest): ("charge.start" | "charge.stop" | "heat.mode")[] {
  return manifest.capabilities.filter(isAction);
}

function isAction(capability: Capability): capability is "charge.start" | "charge.stop" | "heat.mode" {
  return capability === "charge.start" || capability === "charge.stop" || capability === "heat.mode";
}

function jsonFiles(folder: URL): string[] {
  return existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(".json")) : [];
}

function readFixture(folder: URL, file: string): NamedFixture {
  const text = readFileSync(new URL(`fixtures/${file}`, folder), "utf8");
  const parsed = Fixture.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(`fixtures/${file}: ${z.prettifyError(parsed.error)}`);
  return { file, text, fixture: parsed.data };
}
