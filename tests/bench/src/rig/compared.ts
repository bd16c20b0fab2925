import type { Usage } from "./meters.ts";
import { median, medians } from "./runs.ts";

/** Medians of what was measured in rounds: the rate and the usage of each variant, and the ratio of two rates. */
export function compared<Name extends string>(results: Record<Name, { perSecond: number; usage: Usage }[]>) {
  const all = Object.entries<{ perSecond: number; usage: Usage }[]>(results);
  const ratesOf = (name: Name) => results[name].map(({ perSecond }) => perSecond);
  const usagesOf = ({ usage: { commands, scripts, cpuMs } }: { usage: Usage }) => ({ commands, scripts, ...cpuMs });
  return {
    rates: Object.fromEntries(all.map(([name, runs]) => [name, median(runs.map(({ perSecond }) => perSecond))])),
    usages: Object.fromEntries(all.map(([name, runs]) => [name, medians(runs.map(usagesOf))])),
    /** Of the rates in the same round. */
    ratio: (over: Name, under: Name) =>
      median(ratesOf(over).map((rate, round) => rate / (ratesOf(under)[round] ?? Number.NaN))),
  };
}
