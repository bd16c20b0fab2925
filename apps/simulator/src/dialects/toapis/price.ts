/** INVENTED: FOUND is that it is priced by the second, not for how much. Micro-USD per second. */
const perSecond: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  "seedance-2": { "480p": 65_000, "720p": 140_000, "1080p": 350_000, "4k": 700_000 },
  "seedance-2-fast": { "480p": 52_000, "720p": 112_000 },
  "seedance-2-mini": { "480p": 32_000, "720p": 70_000 },
};

/** What one generation costs in micro-USD. */
export function microUsd(model: string, resolution: string, seconds: number): number {
  const price = perSecond[model]?.[resolution];
  if (price === undefined) throw new Error(`no price for ${model} ${resolution}`);
  return price * seconds;
}
