import { setTimeout as after } from "node:timers/promises";
import {
  type AccountView,
  type BatchView,
  type DeliveryView,
  type Enqueued,
  type Generation,
  type GenerationInput,
  type GenerationPage,
  type InstallationView,
  isResting,
  type MediaView,
  type OrphanPage,
  type QuoteAnswer,
  type QuoteRow,
  QuoteSum,
  type RowAnswer,
  type State,
} from "@reelqueue/contracts";
import { ApiError } from "./api-error.ts";
import { chunked, enqueueMany, type ManyOptions, readLines } from "./enqueue-many.ts";
import { type Http, openHttp } from "./http.ts";
export interface ClientOptions {
  /** Root of the API, for example `http://127.0.0.1:3100`. */
  url: string;
  /** API key. Optional only if the API has none configured and runs on this machine. */
  key?: string;
}

export interface ListFilter {
  state?: State;
  account?: string;
  tenant?: string;
  batch?: string;
  /** 1 to 100. Default: 20. */
  limit?: number;
  cursor?: string;
}

export interface OrphanFilter {
  state?: "open" | "acknowledged";
  offset?: number;
  /** 1 to 100. Default: 20. */
  limit?: number;
}

/** What an operator found out about a submit of unknown outcome. */
export type ReviewFinding = { finding: "sent"; taskId: string } | { finding: "unsent" } | { finding: "give_up" };

interface Abortable {
  signal?: AbortSignal;
}

/** The HTTP API, typed. Every refusal and every failure is an ApiError. */
export interface Client {
  /**
   * Durable when it resolves. `existing`: the idempotency key made this generation before, so nothing is charged twice.
   */
  enqueue(input: GenerationInput, options?: Abortable): Promise<Enqueued & { existing: boolean }>;
  /** Streams rows and their answers in order, chunk by chunk. A refused row stops no other. */
  enqueueMany(
    inputs: Iterable<GenerationInput> | AsyncIterable<GenerationInput>,
    options?: ManyOptions,
  ): AsyncGenerator<RowAnswer>;
  /** Prices each row on every account or on one, or says why the account cannot make it. Enqueues nothing. */
  quote(
    inputs: Iterable<GenerationInput> | AsyncIterable<GenerationInput>,
    options?: QuoteOptions,
  ): Promise<QuoteAnswer>;
  get(id: string, options?: Abortable): Promise<Generation>;
  list(filter?: ListFilter, options?: Abortable): Promise<GenerationPage>;
  /** Every page of a list. */
  listAll(filter?: ListFilter, options?: Abortable): AsyncGenerator<Generation>;
  /**
   * Yields the generation now and after every change until its end, or until an operator has to act. Continues after a
   * short outage of the API.
   */
  watch(id: string, options?: WatchOptions): AsyncGenerator<Generation>;
  batch(name: string, options?: Abortable): Promise<BatchView>;
  /**
   * Cancels an unsubmitted generation at once; records the request for a running one, which ends as its provider
   * reports.
   */
  cancel(id: string): Promise<Generation>;
  /** Starts a new paid attempt of a failed or expired generation; a lost output is downloaded again, free. */
  retry(id: string): Promise<Generation>;
  review(id: string, finding: ReviewFinding): Promise<Generation>;
  accounts(options?: Abortable): Promise<AccountView[]>;
  pause(account: string, reason?: string): Promise<AccountView>;
  resume(account: string): Promise<AccountView>;
  deliveries(id: string, options?: Abortable): Promise<DeliveryView[]>;
  replay(deliveryId: string): Promise<DeliveryView>;
  /** Tasks that no generation owns, newest first; `open` by default. */
  orphans(filter?: OrphanFilter, options?: Abortable): Promise<OrphanPage>;
  /** Takes an orphan that is dealt with from the list; `account`: only that of one account. */
  acknowledgeOrphan(taskId: string, about?: { account?: string; note?: string }): Promise<OrphanPage>;
  /**
   * Returns a URL for `images`, `videos` or `audios`. `openAsBlob` of `node:fs` sends a file without reading it into
   * memory.
   */
  uploadMedia(file: Blob | Uint8Array<ArrayBuffer>, contentType?: string): Promise<MediaView>;
  /** The file as a response to stream. `start` and `end` of the range are included. */
  download(
    id: string,
    output?: number,
    options?: Abortable & { range?: { start: number; end?: number } },
  ): Promise<Response>;
  installation(options?: Abortable): Promise<InstallationView>;
}

export function createClient(options: ClientOptions): Client {
  const http = openHttp(options);
  const one = (id: string) => `/v1/generations/${encodeURIComponent(id)}`;
  const account = (name: string) => `/v1/accounts/${encodeURIComponent(name)}`;
  const post = <T>(path: string, body?: unknown) => http.json<T>(path, jsonPost(body));
  const get: Client["get"] = (id, { signal } = {}) => http.json(one(id), { signal });
  const list: Client["list"] = (filter = {}, { signal } = {}) =>
    http.json("/v1/generations", { query: { ...filter }, signal });
  return {
    enqueue: (input, { signal } = {}) => enqueue(http, input, signal),
    enqueueMany: (inputs, many) => enqueueMany(http, inputs, many),
    quote: (inputs, asked) => quote(http, inputs, asked),
    get,
    list,
    listAll: (filter, many) => listAll(list, filter, many),
    watch: (id, watching) => watch(get, id, watching),
    batch: (name, { signal } = {}) => http.json(`/v1/batches/${encodeURIComponent(name)}`, { signal }),
    cancel: (id) => post(`${one(id)}/cancel`),
    retry: (id) => post(`${one(id)}/retry`),
    review: (id, finding) => post(`${one(id)}/review`, finding),
    accounts: async ({ signal } = {}) =>
      (await http.json<{ accounts: AccountView[] }>("/v1/accounts", { signal })).accounts,
    pause: (name, reason) => post(`${account(name)}/pause`, reason === undefined ? undefined : { reason }),
    resume: (name) => post(`${account(name)}/resume`),
    deliveries: async (id, { signal } = {}) =>
      (await http.json<{ deliveries: DeliveryView[] }>(`${one(id)}/deliveries`, { signal })).deliveries,
    replay: (id) => post(`/v1/deliveries/${encodeURIComponent(id)}/replay`),
    orphans: (filter = {}, { signal } = {}) => http.json("/v1/orphans", { query: { ...filter }, signal }),
    acknowledgeOrphan: (taskId, about) => post("/v1/orphans/ack", { taskId, ...about }),
    uploadMedia: (body, contentType = "application/octet-stream") =>
      http.json("/v1/media", { method: "POST", body, contentType }),
    download: (id, output = 0, { range, signal } = {}) =>
      http.call(`${one(id)}/outputs/${output}`, {
        signal,
        ...(range && { headers: { range: `bytes=${range.start}-${range.end ?? ""}` } }),
      }),
    installation: ({ signal } = {}) => http.json("/v1/installation", { signal }),
  };
}

async function enqueue(
  http: Http,
  input: GenerationInput,
  signal: AbortSignal | undefined,
): Promise<Enqueued & { existing: boolean }> {
  const response = await http.call("/v1/generations", { ...jsonPost(input), signal });
  return { ...((await response.json()) as Enqueued), existing: response.status === 200 };
}

async function* listAll(
  list: Client["list"],
  filter: ListFilter = {},
  options?: Abortable,
): AsyncGenerator<Generation> {
  let { cursor } = filter;
  do {
    const page = await list({ limit: 100, ...filter, ...(cursor !== undefined && { cursor }) }, options);
    yield* page.generations;
    cursor = page.cursor;
  } while (cursor !== undefined);
}

function jsonPost(body: unknown) {
  return {
    method: "POST",
    ...(body !== undefined && { body: JSON.stringify(body), contentType: "application/json" }),
  } as const;
}

export interface QuoteOptions {
  /** Price all rows on this account. Default: on every account. */
  account?: string;
  signal?: AbortSignal;
}

/** Prices rows, one request per chunk, and sums them up. */
async function quote(
  http: Http,
  inputs: Iterable<GenerationInput> | AsyncIterable<GenerationInput>,
  { account, signal }: QuoteOptions = {},
): Promise<QuoteAnswer> {
  const sum = new QuoteSum();
  const rows: QuoteRow[] = [];
  for await (const lines of chunked(inputs)) {
    const offset = rows.length;
    const response = await http.call("/v1/quotes", {
      method: "POST",
      query: { account },
      body: `${lines.join("\n")}\n`,
      contentType: "application/x-ndjson",
      signal,
    });
    for (const row of readLines<Partial<QuoteRow>>(await response.text(), response)) {
      if (!isRow(row)) continue;
      sum.add(row);
      rows.push({ ...row, line: row.line + offset });
    }
  }
  return { rows, ...sum.totals() };
}

/** The last line of an answer holds the totals of that request, which `sum` replaces. */
function isRow(line: Partial<QuoteRow>): line is QuoteRow {
  return line.line !== undefined;
}

export interface WatchOptions {
  /** Interval between two requests. Default: 1,000. */
  everyMs?: number;
  /** How long the API may be unavailable before `watch` throws. Default: 60,000. */
  maxOutageMs?: number;
  /** Watch on through `needs_review`, which only an operator ends. Default: false. */
  throughReview?: boolean;
  signal?: AbortSignal;
}

type Get = (id: string, options: { signal?: AbortSignal }) => Promise<Generation>;

async function* watch(get: Get, id: string, options: WatchOptions = {}): AsyncGenerator<Generation> {
  const { everyMs = 1_000, maxOutageMs = 60_000, throughReview = false, signal } = options;
  let last = "";
  let answeredAt = performance.now();
  for (;;) {
    const generation = await get(id, { ...(signal && { signal }) }).catch((error: unknown) => {
      const isOutage = error instanceof ApiError && error.passing && performance.now() - answeredAt < maxOutageMs;
      if (!isOutage) throw error;
    });
    if (generation) {
      answeredAt = performance.now();
      const text = JSON.stringify(generation);
      if (text !== last) yield generation;
      last = text;
      if (isResting(generation.state) || (generation.state === "needs_review" && !throughReview)) return;
    }
    await after(everyMs, undefined, { ...(signal && { signal }) });
  }
}
