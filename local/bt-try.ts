import { prepareBacktest } from "/work/main/.headroom/wt-backtest/local/backtest/inputs.ts";
import { backtest } from "/work/main/.headroom/wt-backtest/local/backtest/run.ts";
const D="/work/shared/data/";
const [what, cap, step, exec] = process.argv.slice(2);
const C: any = {
 na: {prices:D+"signals/gb_agile_2023-09-01_2023-12-20.csv",sessions:D+"sessions/norway_residential_2019-09-15_2019-12-15.csv",shiftDays:1463,kw:7.4,zone:"Europe/London"},
 nc: {carbon:D+"signals/gb_carbon_hourly_2023-09-01_2023-12-20.csv",sessions:D+"sessions/norway_residential_2019-09-15_2019-12-15.csv",shiftDays:1463,kw:7.4,zone:"Europe/London"},
 cal: {carbon:D+"signals/caiso_sce_moer_5min_2021-05.csv",sessions:D+"sessions/acn_caltech_2021-05.csv",shiftDays:0,kw:7.2,zone:"America/Los_Angeles"},
 jpl: {carbon:D+"signals/caiso_sce_moer_5min_2021-05.csv",sessions:D+"sessions/acn_jpl_2021-05.csv",shiftDays:0,kw:6.656,zone:"America/Los_Angeles"},
}[what as string];
const t0=performance.now();
const inputs = await prepareBacktest({...C, chargers:{maxPowerKw:C.kw, ofStation:new Map([["11900388",50]])}, stepMinutes:Number(step??5), publishedAt:"16:00", carbonWeightPencePerKg:0});
console.log(inputs.stays.length, inputs.notes, ((performance.now()-t0)/1000).toFixed(1));
const r = backtest(inputs, {policy:"rolling",drivers:process.env.D==="true"?"true":"stated",missedTimes:Number(process.env.M??16), capKw: cap&&cap!=="0"?Number(cap):Infinity, execution: exec==="real"?"real":"any power"});
for (const [n,s] of Object.entries(r.scores)) console.log(n.padEnd(9), s!.value.toFixed(3), "kWh", s!.deliveredKwh.toFixed(1), (100*s!.deliveredKwh/s!.neededKwh).toFixed(2)+"%", "perkWh", (s!.value/s!.deliveredKwh).toFixed(3), "late", s!.lateCars, "cmd/cd", (s!.commands/s!.carDays).toFixed(2), "peak", s!.peakKw.toFixed(0));
console.log("share", r.shareOfSaving, r.regret.value.toFixed(1), r.regret.parts.map(p=>p.cause+" "+p.value?.toFixed(1)).join(", "), ((performance.now()-t0)/1000).toFixed(1)+"s");
