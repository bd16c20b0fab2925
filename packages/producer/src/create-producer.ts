import { resolve } from "node:path";
import { batchLimits, type Generation, type GenerationInput } from "@reelqueue/contracts";
import { accept, find, type Installation, openContext } from "@reelqueue/pipeline";
import { createLogger, type Logger } from "@reelqueue/runtime";
import type { Enqueued, Quoted, Row } from "./outcomes.ts";

export interface ProducerOptions {
  redisUrl: string;
  /** Folder of the installation: its media store lies there. `.reelqueue` if left out. */
  home?: string;
  /** `reelqueue.config.json` if left out; must be the one that the workers read. */
  configPath?: string;
  /**
   * Usually `process.env`; only asked which providers have a key (`HIAPI_API_KEY` and its kin), each of which makes an account.
   * Accounts that stand in the configuration need no key here: only the workers do.
   */
  env?: Readonly<Record<string, string | undefined>>;
  /** Whose generations they are; `default` if left out. */
  tenant?: string;
  /** Silent if left out. */
  log?: Logger;
}

export interface EnqueueManyOptions {
  /** All are written or none; at most 5,000. */
  atomic?: boolean;
  /** Batch of the rows that name none. */
  batch?: string;
}

/** Puts generations straight into Redis. Images, videos and audios may be paths of files on this machine. */
export interface Producer extends AsyncDisposable {
  /** Durable when it resolves. */
  enqueue(input: GenerationInput): Promise<Enqueued>;
  /** One outcome for each input, in their order; durable when it resolves. A row that is refused stops no other. */
  enqueueMany(
    inputs: Iterable<GenerationInput> | AsyncIterable<GenerationInput>,
    options?: EnqueueManyOptions,
  ): Promise<Row[]>;
  /** Checks and prices without writing anything. */
  quote(input: GenerationInput): Promise<Quoted>;
  get(id: string): Promise<Generation | undefined>;
  close(): Promise<void>;
}

/** Opens a producer. Throws a StartError with a sentence to act on where Redis is away or the configuration is wrong. */
export async function createProducer(options: ProducerOptions): Promise<Producer> {
  const scope = new AsyncDisposableStack();
  try {
    const installation = await openContext(scope, {
      redisUrl: options.redisUrl,
      home: resolve(options.home ?? ".reelqueue"),
      configPath: resolve(options.configPath ?? "reelqueue.config.json"),
      env: options.env ?? {},
      role: "front",
      withoutSecrets: true,
      log: options.log ?? createLogger({ name: "producer", level: "silent" }),
    });
    return producer(installation, options.tenant ?? "default", scope);
  } catch (error) {
    await scope.disposeAsync();
    throw error;
  }
}

function producer(installation: Installation, tenant: string, scope: AsyncDisposableStack): Producer {
  const one = { tenant, localFiles: true };
  const tenantOf = (generation: Generation | undefined) => (generation?.tenant === tenant ? generation : undefined);
  return {
    enqueue: async (input) => only(await accept([input], one, installation)) as Enqueued,
    enqueueMany: (inputs, { atomic = false, batch } = {}) =>
      atomic
        ? acceptAll(inBatch(inputs, batch), one, installation)
        : acceptChunks(inBatch(inputs, batch), one, installation),
    quote: async (input) => only(await accept([input], { ...one, dryRun: true }, installation)) as Quoted,
    get: async (id) => tenantOf(await find(id, installation)),
    close: () => scope.disposeAsync(),
    [Symbol.asyncDispose]: () => scope.disposeAsync(),
  };
}

function only(rows: Row[]): Row {
  const [row] = rows;
  if (row === undefined) throw new Error("accept answered nothing");
  return row;
}

async function* inBatch(
  inputs: Iterable<GenerationInput> | AsyncIterable<GenerationInput>,
  batch: string | undefined,
): AsyncGenerator<GenerationInput> {
  for await (const input of inputs) yield batch === undefined ? input : { batch, ...input };
}

type Sending = { tenant: string; localFiles: boolean };

const chunkRows = 1_000;

/** While Redis writes one chunk, the next one is checked. */
async function acceptChunks(
  inputs: AsyncIterable<GenerationInput>,
  sending: Sending,
  installation: Installation,
): Promise<Row[]> {
  const rows: Row[] = [];
  let before: Promise<Row[]> = Promise.resolve([]);
  for await (const chunk of chunked(inputs)) {
    const now = accept(chunk, sending, installation);
    // a fault of this one is met when it is awaited
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
  sending: Sending,
  installation: Installation,
): Promise<Row[]> {
  const all: GenerationInput[] = [];
  for await (const input of inputs) {
    all.push(input);
    if (all.length > batchLimits.atomicRows)
      throw new RangeError(`an atomic call may hold ${batchLimits.atomicRows} rows`);
  }
  return accept(all, { ...sending, atomic: true }, installation);
}
