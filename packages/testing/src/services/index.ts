export { type Browser, startChromium } from "./chromium.ts";
export { testWith } from "./needs.ts";
export { complaintsOfPromtool, startPrometheus } from "./prometheus.ts";
