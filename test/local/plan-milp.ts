import type { PlanCase } from "../../local/plan/case-file.ts";
import { Milp, runRules } from "../lambdas/engine/oracle-milp.ts";

type Terms = [number, string][];

/** The whole case as a mixed-integer program, written from the rules of the case format, for the reference solver. */
export function provenOptimum(plan: PlanCase): number {
  const model = new Milp();
  const { slots, slotMinutes } = plan.time;
  const h = slotMinutes / 60;
  const total: Terms[] = Array.from({ length: slots }, () => []);
  const priced = (priceClass: string, region: string | undefined, t: number) =>
    (plan.priceClasses[priceClass]?.[t] ?? 0) + plan.carbonWeight * (region ? (plan.carbon[region]?.[t] ?? 0) : 0);
  const power = (id: string, t: number): Terms =>
    (total[t] as Terms).filter(([, name]) => name.endsWith(`_${id}_${t}`));

  for (const asset of plan.assets) {
    const { id } = asset;
    if (asset.kind === "battery") {
      for (let t = 0; t < slots; t++) {
        (total[t] as Terms).push([1, `c_${id}_${t}`], [-1, `q_${id}_${t}`]);
        model.cost(asset.cyclingCost * h, `c_${id}_${t}`);
        model.cost(asset.cyclingCost * h, `q_${id}_${t}`);
        model.binary(`b_${id}_${t}`);
        model.row(
          [
            [1, `c_${id}_${t}`],
            [-asset.maxChargeKw, `b_${id}_${t}`],
          ],
          "<=",
          0,
        );
        model.row(
          [
            [1, `q_${id}_${t}`],
            [asset.maxDischargeKw, `b_${id}_${t}`],
          ],
          "<=",
          asset.maxDischargeKw,
        );
        model.bound(`e_${id}_${t}`, t === slots - 1 ? asset.finalMinKwh : 0, asset.capacityKwh);
        const before: Terms = t > 0 ? [[-1, `e_${id}_${t - 1}`]] : [];
        const flows: Terms = [
          [-h * asset.etaCharge, `c_${id}_${t}`],
          [h / asset.etaDischarge, `q_${id}_${t}`],
        ];
        model.row([[1, `e_${id}_${t}`], ...before, ...flows], "=", t > 0 ? 0 : asset.initialKwh);
      }
      continue;
    }
    const { fromSlot, toSlot, maxStarts = Number.POSITIVE_INFINITY, startCost } = asset;
    const needsOn = asset.onOff || asset.semiContinuous;
    if (needsOn) runRules(model, id, fromSlot, toSlot, { ...asset, maxStarts, startCost });
    const energy: Terms = [];
    for (let t = fromSlot; t < toSlot; t++) {
      const name = `p_${id}_${t}`;
      (total[t] as Terms).push([1, name]);
      energy.push([h, name]);
      model.bound(name, 0, asset.maxKw);
      if (asset.site === undefined) model.cost(h * priced(asset.priceClass ?? "", asset.region, t), name);
      if (needsOn) {
        model.row(
          [
            [1, name],
            [-asset.maxKw, `z_${id}_${t}`],
          ],
          "<=",
          0,
        );
        model.row(
          [
            [1, name],
            [-(asset.onOff ? asset.maxKw : asset.minKw), `z_${id}_${t}`],
          ],
          ">=",
          0,
        );
      }
    }
    if (asset.kind === "ev") {
      model.cost(asset.shortfallPenalty, `s_${id}`);
      model.row([...energy, [1, `s_${id}`]], ">=", asset.minKwh);
      model.row(energy, "<=", asset.maxKwh);
      for (const [index, { slot, kwh, shortfallPenalty }] of asset.deadlines.entries()) {
        model.cost(shortfallPenalty, `d${index}_${id}`);
        model.row([...energy.slice(0, Math.max(slot - fromSlot, 0)), [1, `d${index}_${id}`]], ">=", kwh);
      }
    } else {
      for (let t = 0; t < slots; t++) {
        const outdoor = (1 - asset.decay) * (asset.outdoorC[t] as number);
        const gain = asset.gainCPerKwhHeat * (asset.cop[t] as number) * h;
        const before: Terms = t > 0 ? [[-asset.decay, `o_${id}_${t - 1}`]] : [];
        const heat: Terms = power(id, t).map(([, name]) => [-gain, name]);
        model.bound(`o_${id}_${t}`, -60, asset.maxC[t] as number);
        const right = outdoor + (t > 0 ? 0 : asset.decay * asset.initialC);
        model.row([[1, `o_${id}_${t}`], ...before, ...heat], "=", right);
        model.cost(asset.discomfortPenalty, `u_${id}_${t}`);
        model.row(
          [
            [1, `o_${id}_${t}`],
            [1, `u_${id}_${t}`],
          ],
          ">=",
          asset.minC[t] as number,
        );
      }
    }
  }

  for (const [name, site] of Object.entries(plan.sites)) {
    const ids = plan.assets.filter((asset) => asset.site === name).map(({ id }) => id);
    for (let t = 0; t < slots; t++) {
      const [n, x, k, y] = ["n", "x", "k", "y"].map((letter) => `${letter}_${name}_${t}`) as [
        string,
        string,
        string,
        string,
      ];
      model.cost(h * priced(site.importClass, site.region, t), n);
      model.cost(-h * (site.exportPrice[t] as number), x);
      model.binary(y);
      model.bound(k, 0, site.solarKw[t] as number);
      model.row(
        [
          [1, n],
          [-site.importCapKw, y],
        ],
        "<=",
        0,
      );
      model.row(
        [
          [1, x],
          [site.exportCapKw, y],
        ],
        "<=",
        site.exportCapKw,
      );
      const uses = ids.flatMap((id) => power(id, t)).map(([sign, one]): [number, string] => [-sign, one]);
      model.row([[1, n], [-1, x], [-1, k], ...uses], "=", (site.baseKw[t] as number) - (site.solarKw[t] as number));
    }
  }
  for (let t = 0; t < slots; t++) {
    const now = total[t] as Terms;
    const cap = plan.fleetCapKw?.[t] ?? null;
    if (cap !== null) model.row(now, "<=", cap);
    for (const [group, { capKw }] of Object.entries(plan.groups)) {
      const limit = capKw[t] ?? null;
      const members = plan.assets.filter((asset) => asset.group === group).flatMap(({ id }) => power(id, t));
      if (limit !== null) model.row(members, "<=", limit);
    }
    if (plan.rampKw === undefined || t === 0) continue;
    const step = [...now, ...(total[t - 1] as Terms).map(([sign, one]): [number, string] => [-sign, one])];
    model.row(step, "<=", plan.rampKw);
    model.row(step, ">=", -plan.rampKw);
  }
  return model.optimum();
}
