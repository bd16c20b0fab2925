import { type MessagePort, parentPort } from "node:worker_threads";
import type { FromThread, MediaFile, Parsed, ParseJob, ToThread } from "./clip.ts";
import { readClip } from "./clip.ts";
import { readImage } from "./image.ts";

// Discards the output of the parser libraries.
for (const out of [process.stdout, process.stderr]) out.write = () => true;

/** The worker thread: parses untrusted files, each over its own port, on which it requests the bytes of the file. */
parentPort?.on("message", ({ description, port }: ParseJob) => {
  const send = (message: FromThread) => port.postMessage(message);
  parse({ ...description, read: readVia(port) }).then(
    (parsed) => send({ parsed }),
    (error: unknown) => send({ parsed: { kind: "unknown", reason: reasonOf(error) } }),
  );
});

parentPort?.postMessage("loaded");

async function parse(file: MediaFile): Promise<Parsed> {
  return (
    (await readImage(file)) ??
    (await readClip(file)) ?? { kind: "unknown", reason: "not an image, video or audio of a known type" }
  );
}

function readVia(port: MessagePort): MediaFile["read"] {
  const pending = new Map<number, PromiseWithResolvers<Uint8Array>>();
  let reads = 0;
  port.on("message", ({ readId, bytes }: ToThread) => pending.get(readId)?.resolve(bytes));
  port.on("close", () => {
    for (const { reject } of pending.values()) reject(new Error("the port is closed"));
  });
  return async (start, end) => {
    const readId = reads++;
    const answer = Promise.withResolvers<Uint8Array>();
    pending.set(readId, answer);
    port.postMessage({ readId, start, end } satisfies FromThread);
    try {
      return await answer.promise;
    } finally {
      pending.delete(readId);
    }
  };
}

function reasonOf(error: unknown): string {
  return `it cannot be parsed: ${error instanceof Error ? error.message : String(error)}`;
}
