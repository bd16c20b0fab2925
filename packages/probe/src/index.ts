export type { MediaFacts, MediaFormat, MediaKind, Probed } from "./facts.ts";
export { type BrokenLimit, type Interval, judge, judgeTotal, type MediaLimits } from "./media-rules.ts";
export { type ProbeOptions, probe } from "./probe.ts";
export { createProber, type Prober, type ProberOptions } from "./prober.ts";
