export { createEgress, type EgressOptions } from "./create-egress.ts";
export { codingsOf, decodeBytes, decodeStream } from "./decode.ts";
export * from "./egress.ts";
export { EgressError, type EgressErrorKind } from "./error.ts";
export { retryAfterMs } from "./headers.ts";
