export { ApiError, type ClientErrorCode } from "./api-error.ts";
export { type Client, type ClientOptions, createClient, type Finding, type ListFilter } from "./create-client.ts";
export type { ManyOptions } from "./enqueue-many.ts";
export type { QuoteOptions } from "./quote.ts";
export type { WatchOptions } from "./watch.ts";
