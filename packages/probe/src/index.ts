export type { Probed } from "./facts.ts";
export { type ProbeOptions, probe } from "./probe.ts";
export { createProber, type Prober, type ProberOptions } from "./prober.ts";
