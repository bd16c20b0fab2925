export { createEgress, type EgressOptions } from "./create-egress.ts";
export * from "./egress.ts";
export { retryAfterMs } from "./retry-after.ts";
