import type { Command } from "commander";
import type { Manifest } from "../../shared/domain/manifest.ts";
import { BadInput } from "../feeds/bad-input.ts";
import { findAsset } from "./status.ts";
import type { Target } from "./target.ts";
import { whyLate } from "./why-late.ts";
import { assetEvidence, integrationAnswers } from "./why-late-evidence.ts";
import { whyLateSummary, whyLateText } from "./why-late-text.ts";

type Integrations = () => Promise<readonly Pick<Manifest, "name" | "streams">[]>;

/** `why-late <asset|integration>`: the first cause that matches, with its proof. */
export function addWhyLate(
  root: Command,
  open: () => Promise<Target>,
  integrations: Integrations,
  print: (vendorAssetId: string, text: string) => void,
): void {
  root
    .command("why-late")
    .description("why an asset, or an integration's assets, are late, with the proof")
    .argument("<asset|integration>", "assetId such as car-0001, or an integration's folder name")
    .option("--json", "for scripts")
    .action(async (name: string, options: { json?: true }) => {
      const known = await integrations();
      const target = await open();
      const facts = known.find((one) => one.name === name);
      if (facts) {
        const { answers, ...found } = await integrationAnswers(facts, target.connection);
        const text = () => whyLateSummary(name, answers, { ...found, targetName: target.name });
        return print("", options.json ? JSON.stringify({ ...found, answers }, null, 2) : text());
      }
      const asset = await findAsset(name, target);
      const own = known.find((one) => one.name === asset.integration);
      if (!own)
        throw new BadInput(`${name} belongs to ${asset.integration}, which is not here: run this where its folder is.`);
      const evidence = await assetEvidence(asset, own, target.connection);
      const answer = whyLate(evidence);
      const text = () => whyLateText(asset, evidence, answer, target.name);
      print(asset.vendorAssetId, options.json ? JSON.stringify(answer, null, 2) : text());
    });
}
