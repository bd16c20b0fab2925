export { ApiError, type ClientErrorCode } from "./api-error.ts";
export type { OrphanFilter, QuoteOptions, WatchOptions } from "./create-client.ts";
export { type Client, type ClientOptions, createClient, type ListFilter, type ReviewFinding } from "./create-client.ts";
export type { ManyOptions } from "./enqueue-many.ts";
