import { Readable } from "node:stream";
import { type MediaView, maxMediaBytes } from "@reelqueue/contracts";
import type { Installation } from "@reelqueue/pipeline";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ApiError } from "../errors.ts";

/** Uploads a media file. The same bytes sent twice are one file with one URL. */
export function media(app: FastifyInstance, installation: Installation): void {
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
    scope.post("/media", { bodyLimit: maxMediaBytes }, (request, reply) => put(request, reply, installation));
  });
}

async function put(request: FastifyRequest, reply: FastifyReply, { media: store }: Installation): Promise<MediaView> {
  const { "content-length": length, "content-type": declared } = request.headers;
  if (Number(length ?? 0) > maxMediaBytes) throw tooLarge(maxMediaBytes);
  const body = request.body;
  if (!(body instanceof Readable))
    throw new ApiError("invalid_request", "Send the bytes of the file as the body, with its type as Content-Type.");
  const capped = new Capped(body);
  const stored = await store.put(Readable.from(capped.chunks(), { objectMode: false }), declared);
  switch (stored.kind) {
    case "stored": {
      const { kind: _, ...view } = stored;
      reply.code(201);
      return view;
    }
    case "too_large":
      throw tooLarge(stored.limitBytes);
    case "full":
      throw new ApiError("insufficient_storage");
    case "unknown_type":
      throw new ApiError("unsupported_media_type", `No provider takes this file: ${stored.reason}.`);
    case "unreadable":
      throw capped.exceeded ? tooLarge(maxMediaBytes) : new ApiError("invalid_request", "The body ended early.");
  }
}

/** A stream that fails once it is longer than `maxMediaBytes`. */
class Capped {
  exceeded = false;
  readonly #body: Readable;

  constructor(body: Readable) {
    this.#body = body;
  }

  async *chunks(): AsyncGenerator<Buffer> {
    let bytes = 0;
    for await (const chunk of this.#body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      this.exceeded = bytes > maxMediaBytes;
      if (this.exceeded) throw tooLarge(maxMediaBytes);
      yield chunk;
    }
  }
}

function tooLarge(limitBytes: number): ApiError {
  return new ApiError("too_large", `A media file may have ${limitBytes} bytes.`);
}
