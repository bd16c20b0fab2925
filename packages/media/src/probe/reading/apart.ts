import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import pLimit from "p-limit";
import type { FromThread, MediaFile, Order, Parsed, ToThread } from "./clip.ts";

/** Measured: tables of a few bytes that claim billions of frames keep a parser busy, and its memory growing, without end. */
const mostHeapMiB = 192;
/** Longest time of thought over bytes that are there. */
const stuckMs = 3_000;
/** A thread that nobody needs gives its memory back. */
const idleMs = 30_000;

/**
 * Reads a file in another thread with bounds on memory and time, so that no file can stop or end this process. Where
 * a thread breaks, whoever was not alone in it is read once more, alone. Rejects only with what `file.read` rejects.
 */
export async function readApart(file: MediaFile, signal: AbortSignal): Promise<Parsed> {
  shared ??= new ReadingThread();
  const thread = shared;
  const again = async () => (signal.aborted ? undefined : await readAlone(file));
  const parsed = (await thread.read(file)) ?? (thread.wasCrowded ? await fewAtOnce(again) : undefined);
  return parsed ?? { kind: "unknown", why: "it cannot be read within the bounds of time and memory for a file" };
}

let shared: ReadingThread | undefined;
/** So that the one that breaks its thread again does not hold up the others. */
const fewAtOnce = pLimit(2);

async function readAlone(file: MediaFile): Promise<Parsed | undefined> {
  const thread = new ReadingThread();
  try {
    return await thread.read(file);
  } finally {
    thread.stop();
  }
}

class ReadingThread {
  /** Whether several files were in it at once. */
  wasCrowded = false;
  readonly #worker: Worker;
  readonly #files = new Set<(lost: undefined) => void>();
  #idle: NodeJS.Timeout | undefined;

  constructor() {
    const resourceLimits = { maxOldGenerationSizeMb: mostHeapMiB, maxYoungGenerationSizeMb: 32 };
    // not read: reading them would keep the process from ending (the thread says nothing, see there)
    const silent = { stdout: true, stderr: true };
    const bare = { env: {}, execArgv: [], argv: [] };
    this.#worker = new Worker(new URL("./thread.ts", import.meta.url), { resourceLimits, ...silent, ...bare });
    // the exit follows and says enough
    this.#worker.on("error", () => undefined);
    this.#worker.once("exit", () => this.#end());
  }

  /** Undefined when the thread broke over this file or over another one. */
  async read(file: MediaFile): Promise<Parsed | undefined> {
    const { port1, port2 } = new MessageChannel();
    const { promise, resolve, reject } = Promise.withResolvers<Parsed | undefined>();
    this.#enter(resolve);
    const { read, ...order } = file;
    const supply = new Supply(port1, read, () => this.stop());
    port1.on("message", (message: FromThread) => {
      if ("parsed" in message) resolve(message.parsed);
      else supply.give(message).catch(reject);
    });
    this.#worker.postMessage({ order, port: port2 } satisfies { order: Order; port: MessagePort }, [port2]);
    try {
      return await promise;
    } finally {
      supply.end();
      this.#leave(resolve);
    }
  }

  /** Whoever is still read in it is lost to it; the next file gets a new thread. */
  stop(): void {
    clearTimeout(this.#idle);
    this.#retire();
    void this.#worker.terminate();
  }

  #enter(lose: (lost: undefined) => void): void {
    this.wasCrowded = this.#files.size > 0;
    this.#files.add(lose);
    clearTimeout(this.#idle);
    this.#worker.ref();
  }

  #leave(lose: (lost: undefined) => void): void {
    this.#files.delete(lose);
    if (this.#files.size > 0) return;
    this.#worker.unref();
    this.#idle = setTimeout(() => this.stop(), idleMs).unref();
  }

  #end(): void {
    this.#retire();
    for (const lose of this.#files) lose(undefined);
  }

  #retire(): void {
    if (shared === this) shared = undefined;
  }
}

/** Gives one file's reader the bytes that it asks for, and watches that it does not think too long in between. */
class Supply {
  readonly #port: MessagePort;
  readonly #read: MediaFile["read"];
  readonly #clock: NodeJS.Timeout;
  #underWay = 0;
  #ended = false;

  constructor(port: MessagePort, read: MediaFile["read"], onStuck: () => void) {
    this.#port = port;
    this.#read = read;
    this.#clock = setTimeout(() => {
      if (this.#underWay === 0) onStuck();
    }, stuckMs).unref();
  }

  async give({ want, start, end }: { want: number; start: number; end: number }): Promise<void> {
    this.#underWay++;
    // memory of its own: a message carries all the memory that its bytes lie in
    const bytes = new Uint8Array(await this.#read(start, end));
    this.#port.postMessage({ want, bytes } satisfies ToThread, [bytes.buffer]);
    this.#underWay--;
    // refreshing a cleared clock would start it again
    if (!this.#ended) this.#clock.refresh();
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#clock);
    this.#port.close();
  }
}
