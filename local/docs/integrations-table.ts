import type { Manifest } from "../../shared/domain/manifest.ts";
import { type QualityLedger, TIERS, tierOf } from "../../shared/domain/quality.ts";

type Capability = Manifest["capabilities"][number];

const READ: Partial<Record<Capability, string>> = {
  soc: "charge",
  power: "power",
  energy: "energy",
  plugged: "plug",
  temperature: "temperatures",
  production: "production",
};
const START = "<!-- integrations: written by `npm run docs` -->";
const END = "<!-- /integrations -->";

/** README with its table of integrations made anew. A folder that claims no tier yet is not in it. */
export function withTable(
  readme: string,
  integrations: readonly { manifest: Manifest; quality: QualityLedger }[],
): string {
  const [before, rest] = readme.split(START);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`README.md has lost its marks ${START} and ${END}`);
  const rows = integrations.flatMap(({ manifest, quality }) => {
    const tier = tierOf(quality);
    if (tier === undefined) return [];
    const link = `[${manifest.name}](lambdas/integrations/${manifest.name}/README.md)`;
    const cells = [link, manifest.family, does(manifest), `${tier}${owed(quality)}`, quality.verifiedOn ?? "not yet"];
    return [`| ${cells.join(" | ")} |`];
  });
  const head = "| integration | family | does | tier | verified on real hardware |\n| --- | --- | --- | --- | --- |";
  return `${before}${START}\n${[head, ...rows].join("\n")}\n${END}${after}`;
}

function does({ capabilities }: Manifest): string {
  const reads = capabilities.flatMap((capability) => READ[capability] ?? []);
  return [
    ...(reads.length > 0 ? [`reads ${reads.join(", ")}`] : []),
    ...(capabilities.includes("charge.start") ? ["starts and stops charging"] : []),
    ...(capabilities.includes("heat.mode") ? ["stores heat or holds back"] : []),
    ...(capabilities.includes("wake") ? ["wakes to act"] : []),
  ].join("; ");
}

/** How much is still to do, in all tiers. */
function owed(quality: QualityLedger): string {
  const todo = TIERS.flatMap((tier) => Object.values(quality[tier])).filter((status) => status === "todo").length;
  return todo === 0 ? "" : ` (${todo} to do)`;
}
