import { type MessagePort, parentPort } from "node:worker_threads";
import type { FromThread, MediaFile, Order, Parsed, ToThread } from "./clip.ts";
import { readClip } from "./clip.ts";
import { readImage } from "./image.ts";

// What a library prints about a stranger's file belongs nowhere.
for (const out of [process.stdout, process.stderr]) out.write = () => true;

/** A thread that reads files of strangers: each on a port of its own, over which it asks for the bytes that it needs. */
parentPort?.on("message", ({ order, port }: { order: Order; port: MessagePort }) => {
  const tell = (message: FromThread) => port.postMessage(message);
  parse({ ...order, read: readVia(port) }).then(
    (parsed) => tell({ parsed }),
    (error: unknown) => tell({ parsed: { kind: "unknown", why: whyOf(error) } }),
  );
});

async function parse(file: MediaFile): Promise<Parsed> {
  return (
    (await readImage(file)) ??
    (await readClip(file)) ?? { kind: "unknown", why: "not an image, video or sound of a known type" }
  );
}

function readVia(port: MessagePort): MediaFile["read"] {
  const waiting = new Map<number, PromiseWithResolvers<Uint8Array>>();
  let wants = 0;
  port.on("message", ({ want, bytes }: ToThread) => waiting.get(want)?.resolve(bytes));
  port.on("close", () => {
    for (const { reject } of waiting.values()) reject(new Error("nobody waits for it any more"));
  });
  return async (start, end) => {
    const want = wants++;
    const answer = Promise.withResolvers<Uint8Array>();
    waiting.set(want, answer);
    port.postMessage({ want, start, end } satisfies FromThread);
    try {
      return await answer.promise;
    } finally {
      waiting.delete(want);
    }
  };
}

function whyOf(error: unknown): string {
  return `it cannot be read: ${error instanceof Error ? error.message : String(error)}`;
}
