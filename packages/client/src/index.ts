export { ApiError, type ClientErrorCode } from "./api-error.ts";
export type { QuoteOptions, WatchOptions } from "./create-client.ts";
export { type Client, type ClientOptions, createClient, type ListFilter, type ReviewFinding } from "./create-client.ts";
export type { ManyOptions } from "./enqueue-many.ts";
