export { examplePricesPerMillionTokens as arkExamplePricesPerMillionTokens } from "./ark/price.ts";
export type * from "./capabilities.ts";
export { examplePricesPerSecond as jiekouExamplePricesPerSecond } from "./jiekou/price.ts";
export { type Medium, mediaOf, needsUpload } from "./media.ts";
export type { MediaFacts, MediaFormat, MediaKind } from "./media-facts.ts";
export { type MediaRule, mediaProblems, type SeenMedium } from "./media-rules.ts";
export * from "./provider.ts";
export { keyVariables, providerNamed, providers, providersThatTake } from "./registry.ts";
