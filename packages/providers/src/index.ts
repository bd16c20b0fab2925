export { examplePricesPerMillionTokens as arkExamplePricesPerMillionTokens } from "./ark/price.ts";
export type * from "./capabilities.ts";
export { examplePricesPerSecond as jiekouExamplePricesPerSecond } from "./jiekou/price.ts";
export * from "./provider.ts";
export { keyVariables, providerNamed, providers, providersThatTake } from "./registry.ts";
