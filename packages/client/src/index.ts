export { ApiError, type ClientErrorCode } from "./api-error.ts";
export type { QuoteOptions, WatchOptions } from "./create-client.ts";
export { type Client, type ClientOptions, createClient, type Finding, type ListFilter } from "./create-client.ts";
export type { ManyOptions } from "./enqueue-many.ts";
