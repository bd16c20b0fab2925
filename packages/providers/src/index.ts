export { examplePricesPerMillionTokens as arkExamplePricesPerMillionTokens } from "./ark/price.ts";
export type * from "./capabilities.ts";
export { examplePricesPerSecond as jiekouExamplePricesPerSecond } from "./jiekou/price.ts";
export * from "./provider.ts";
export { keyVariables, providerNamed, providers, providersThatTake } from "./registry.ts";
export type { MediaFacts, MediaFormat, MediaKind } from "./rules/file-limits.ts";
export { type MediaRule, mediaProblems, type SeenMedium } from "./rules/file-rules.ts";
export { type Medium, mediaOf, needsUpload } from "./rules/media.ts";
