import { resolve } from "node:path";
import { batchLimits, type Generation, type GenerationInput, tenantName } from "@reelqueue/contracts";
import { type AcceptedRow, accept, find, type Installation, openContext } from "@reelqueue/pipeline";
import { createLogger, type Logger, StartError } from "@reelqueue/runtime";

export interface ProducerOptions {
  redisUrl: string;
  /** Folder of the installation, with its media store. Default: `.reelqueue`. */
  home?: string;
  /** Must be the file that the workers read. Default: `reelqueue.config.json`, where it exists. */
  configPath?: string;
  /**
   * Usually `process.env`. Each provider whose key is set (for example `HIAPI_API_KEY`) has an account, as for the
   * workers. Accounts in the configuration file need no key here: only the workers use it.
   */
  env?: Readonly<Record<string, string | undefined>>;
  /** The tenant of the generations. Default: `default`. */
  tenant?: string;
  /** Default: no log. */
  log?: Logger;
}

export interface EnqueueManyOptions {
  /** All rows are written or none; at most 5,000. */
  atomic?: boolean;
  /** Batch of the rows without one. */
  batch?: string;
}

/**
 * Enqueues generations directly in Redis. Images, videos and audios may be paths of files on this machine. Every method
 * rejects while Redis is unavailable.
 */
export interface Producer extends AsyncDisposable {
  /** Durable when it resolves. */
  enqueue(input: GenerationInput): Promise<Enqueued>;
  /** One outcome for each input, in the same order; durable when it resolves. A refused row stops no other. */
  enqueueMany(
    inputs: Iterable<GenerationInput> | AsyncIterable<GenerationInput>,
    options?: EnqueueManyOptions,
  ): Promise<Row[]>;
  /** Checks and prices without writing anything. */
  quote(input: GenerationInput): Promise<Quoted>;
  get(id: string): Promise<Generation | undefined>;
  close(): Promise<void>;
}

/**
 * The outcome of one row. `accepted`: durable in Redis, will be submitted. `existing`: its idempotency key made this
 * generation before. `refused`: `problems` name each wrong field. `mismatch`: its key was used with another body.
 * `valid`: accepted by the rules, but another row of the same atomic call was refused, so nothing was written.
 */
export type Row = AcceptedRow;

/** The outcome of a single request. */
export type Enqueued = Exclude<AcceptedRow, { kind: "valid" }>;

/** The account and price of a request, or why it is refused. `existing`: its idempotency key made this id before. */
export type Quoted = Extract<AcceptedRow, { kind: "valid" | "refused" | "mismatch" }>;

/** Opens a producer. Throws a StartError if Redis is unavailable or the configuration is wrong. */
export async function createProducer(options: ProducerOptions): Promise<Producer> {
  const tenant = tenantOf(options);
  const scope = new AsyncDisposableStack();
  try {
    const installation = await openContext(scope, {
      redisUrl: options.redisUrl,
      home: resolve(options.home ?? ".reelqueue"),
      configPath: resolve(options.configPath ?? "reelqueue.config.json"),
      configRequired: options.configPath !== undefined,
      env: options.env ?? {},
      role: "front",
      withoutSecrets: true,
      log: options.log ?? createLogger({ name: "producer", level: "silent" }),
    });
    return producer(installation, tenant, scope);
  } catch (error) {
    await scope.disposeAsync();
    throw error;
  }
}

function tenantOf({ tenant = "default" }: ProducerOptions): string {
  const parsed = tenantName.safeParse(tenant);
  if (parsed.success) return parsed.data;
  const allowed = parsed.error.issues.map(({ message }) => message).join(", ");
  throw new StartError(`tenant: ${JSON.stringify(tenant)} is not the name of a tenant: ${allowed}`);
}

function producer(installation: Installation, tenant: string, scope: AsyncDisposableStack): Producer {
  const one = { tenant, localFiles: true };
  const own = (generation: Generation | undefined) => (generation?.tenant === tenant ? generation : undefined);
  return {
    enqueue: async (input) => only(await accept([input], one, installation)) as Enqueued,
    enqueueMany: (inputs, { atomic = false, batch } = {}) =>
      atomic
        ? acceptAll(inBatch(inputs, batch), one, installation)
        : acceptChunks(inBatch(inputs, batch), one, installation),
    quote: async (input) => only(await accept([input], { ...one, dryRun: true }, installation)) as Quoted,
    get: async (id) => own(await find(id, installation)),
    close: () => scope.disposeAsync(),
    [Symbol.asyncDispose]: () => scope.disposeAsync(),
  };
}

function only(rows: Row[]): Row {
  const [row] = rows;
  if (row === undefined) throw new Error("accept returned no row");
  return row;
}

async function* inBatch(
  inputs: Iterable<GenerationInput> | AsyncIterable<GenerationInput>,
  batch: string | undefined,
): AsyncGenerator<GenerationInput> {
  for await (const input of inputs) yield batch === undefined ? input : { batch, ...input };
}

type AcceptOptions = { tenant: string; localFiles: boolean };

const chunkRows = 1_000;

/** Checks the next chunk while Redis writes the one before. */
async function acceptChunks(
  inputs: AsyncIterable<GenerationInput>,
  options: AcceptOptions,
  installation: Installation,
): Promise<Row[]> {
  const rows: Row[] = [];
  let before: Promise<Row[]> = Promise.resolve([]);
  for await (const chunk of chunked(inputs)) {
    const now = accept(chunk, options, installation);
    // a rejection is handled where it is awaited
    now.catch(() => undefined);
    for (const row of await before) rows.push(row);
    before = now;
  }
  for (const row of await before) rows.push(row);
  return rows;
}

async function* chunked(inputs: AsyncIterable<GenerationInput>): AsyncGenerator<GenerationInput[]> {
  let chunk: GenerationInput[] = [];
  for await (const input of inputs) {
    if (chunk.push(input) < chunkRows) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

async function acceptAll(
  inputs: AsyncIterable<GenerationInput>,
  options: AcceptOptions,
  installation: Installation,
): Promise<Row[]> {
  const all: GenerationInput[] = [];
  for await (const input of inputs) {
    all.push(input);
    if (all.length > batchLimits.atomicRows)
      throw new RangeError(`an atomic call may hold ${batchLimits.atomicRows} rows`);
  }
  return accept(all, { ...options, atomic: true }, installation);
}
