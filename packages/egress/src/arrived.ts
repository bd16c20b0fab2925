import { Readable } from "node:stream";

/** Bytes held at most for a slow reader; then the sender waits. */
const heldBytes = 4_194_304;

/**
 * The same bytes. An error of the body comes after every byte that arrived before it, which undici drops otherwise: a
 * file whose server claims a wrong length is whole by its bytes. Destroying the result destroys the body.
 */
export function deliverArrived(body: Readable): Readable {
  return closing(Readable.from(arrived(body), { objectMode: false }), body);
}

/** Destroys `source` when `stream` closes, also before its first byte was read. */
export function closing(stream: Readable, source: Readable): Readable {
  return stream.once("close", () => source.on("error", () => undefined).destroy());
}

function arrived(body: Readable): AsyncGenerator<Buffer> {
  const chunks: Buffer[] = [];
  let held = 0;
  let end: { error?: Error } | undefined;
  let wake = () => {};
  const finish = (error?: Error) => {
    end ??= error === undefined ? {} : { error };
    wake();
  };
  body.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    held += chunk.length;
    if (held >= heldBytes) body.pause();
    wake();
  });
  body
    .once("end", finish)
    .once("error", finish)
    .once("close", () => finish(new Error("the body was closed")));
  return (async function* () {
    for (;;) {
      const chunk = chunks.shift();
      if (chunk !== undefined) {
        held -= chunk.length;
        if (held < heldBytes) body.resume();
        yield chunk;
      } else if (end === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      } else if (end.error) throw end.error;
      else return;
    }
  })();
}
