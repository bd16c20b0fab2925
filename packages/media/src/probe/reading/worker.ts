import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import pLimit from "p-limit";
import type { FromThread, MediaFile, Parsed, ParseJob, ToThread } from "./clip.ts";

/** Measured: a table of a few bytes that claims billions of frames makes a parser run, and allocate, without end. */
const maxHeapMiB = 192;
/** Maximum time of parsing between two reads, from when the worker has loaded its libraries. */
const stuckMs = 3_000;
/** Maximum time of loading them; longer means that the machine cannot run it. */
const loadMs = 30_000;
/** An unused worker is stopped after this time, to free its memory. */
const idleMs = 30_000;

/**
 * Parses a file in a worker thread with limits on memory and time, so that no file can block or crash this process.
 * If the worker crashes while it parses several files, each of them is parsed again in a worker of its own. Rejects
 * only with the errors of `file.read`.
 */
export async function parseInWorker(file: MediaFile, signal: AbortSignal): Promise<Parsed> {
  shared ??= new ParserWorker();
  const worker = shared;
  const retry = async () => (signal.aborted ? undefined : await parseAlone(file));
  const parsed = (await worker.parse(file)) ?? (worker.wasShared ? await limitRetries(retry) : undefined);
  return parsed ?? { kind: "unknown", reason: "it cannot be parsed within the limits of time and memory" };
}

let shared: ParserWorker | undefined;
/** Two, so that the file that crashes its worker again does not delay the others. */
const limitRetries = pLimit(2);

async function parseAlone(file: MediaFile): Promise<Parsed | undefined> {
  const worker = new ParserWorker();
  try {
    return await worker.parse(file);
  } finally {
    worker.stop();
  }
}

const main = new URL("./worker-main.ts", import.meta.url);

/** One worker thread that parses files. `entry` and `stuckMs` differ only in tests. */
export class ParserWorker {
  /** Whether it parses several files at once. */
  wasShared = false;
  readonly #worker: Worker;
  readonly #files = new Set<(crashed: undefined) => void>();
  readonly #loaded: Promise<unknown>;
  readonly #stuckMs: number;
  #idle: NodeJS.Timeout | undefined;

  constructor(options: { entry?: URL; stuckMs?: number } = {}) {
    this.#stuckMs = options.stuckMs ?? stuckMs;
    const resourceLimits = { maxOldGenerationSizeMb: maxHeapMiB, maxYoungGenerationSizeMb: 32 };
    // Not piped: a pipe would keep the process running. The worker writes nothing, see worker-main.ts.
    const silent = { stdout: true, stderr: true };
    const bare = { env: {}, execArgv: [], argv: [] };
    this.#worker = new Worker(options.entry ?? main, { resourceLimits, ...silent, ...bare });
    // The exit event follows.
    this.#worker.on("error", () => undefined);
    this.#worker.once("exit", () => this.#end());
    // its first and only message
    this.#loaded = new Promise((loaded) => this.#worker.once("message", loaded));
    const loading = setTimeout(() => this.stop(), loadMs).unref();
    void this.#loaded.then(() => clearTimeout(loading));
  }

  /** Undefined if the worker crashed, over this file or another one. */
  async parse(file: MediaFile): Promise<Parsed | undefined> {
    const { port1, port2 } = new MessageChannel();
    const { promise, resolve, reject } = Promise.withResolvers<Parsed | undefined>();
    this.#enter(resolve);
    const { read, ...description } = file;
    const supply = new ByteSupply(port1, read, { stuckMs: this.#stuckMs, onStuck: () => this.stop() });
    void this.#loaded.then(() => supply.startTimer());
    port1.on("message", (message: FromThread) => {
      if ("parsed" in message) resolve(message.parsed);
      else supply.send(message).catch(reject);
    });
    this.#worker.postMessage({ description, port: port2 } satisfies ParseJob, [port2]);
    try {
      return await promise;
    } finally {
      supply.end();
      this.#leave(resolve);
    }
  }

  /** Terminates the worker and the parsing of all its files; the next file gets a new worker. */
  stop(): void {
    clearTimeout(this.#idle);
    this.#retire();
    void this.#worker.terminate();
  }

  #enter(fail: (crashed: undefined) => void): void {
    this.wasShared = this.#files.size > 0;
    this.#files.add(fail);
    clearTimeout(this.#idle);
    this.#worker.ref();
  }

  #leave(fail: (crashed: undefined) => void): void {
    this.#files.delete(fail);
    if (this.#files.size > 0) return;
    this.#worker.unref();
    this.#idle = setTimeout(() => this.stop(), idleMs).unref();
  }

  #end(): void {
    this.#retire();
    for (const fail of this.#files) fail(undefined);
  }

  #retire(): void {
    if (shared === this) shared = undefined;
  }
}

/**
 * Sends the requested bytes of one file to its parser. From `startTimer` on, calls `onStuck` if the parser runs for
 * `stuckMs` without a read.
 */
class ByteSupply {
  readonly #port: MessagePort;
  readonly #read: MediaFile["read"];
  readonly #limit: { stuckMs: number; onStuck: () => void };
  #timer: NodeJS.Timeout | undefined;
  #pendingReads = 0;
  #ended = false;

  constructor(port: MessagePort, read: MediaFile["read"], limit: { stuckMs: number; onStuck: () => void }) {
    this.#port = port;
    this.#read = read;
    this.#limit = limit;
  }

  startTimer(): void {
    if (this.#ended) return;
    const { stuckMs, onStuck } = this.#limit;
    this.#timer = setTimeout(() => {
      if (this.#pendingReads === 0) onStuck();
    }, stuckMs).unref();
  }

  async send({ readId, start, end }: { readId: number; start: number; end: number }): Promise<void> {
    this.#pendingReads++;
    // A copy: transferring a view would transfer its whole buffer.
    const bytes = new Uint8Array(await this.#read(start, end));
    this.#port.postMessage({ readId, bytes } satisfies ToThread, [bytes.buffer]);
    this.#pendingReads--;
    // Refreshing a cleared timer would start it again.
    if (!this.#ended) this.#timer?.refresh();
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#port.close();
  }
}
