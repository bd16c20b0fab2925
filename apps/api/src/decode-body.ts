import { Readable } from "node:stream";
import { codingsOf, decodeStream } from "@reelqueue/egress";
import type { FastifyRequest, RequestPayload } from "fastify";
import { ApiError } from "./errors.ts";

/** A hook that decodes a compressed body. The limit of the route counts the decoded bytes. */
export async function decodeBody(
  request: FastifyRequest,
  _reply: unknown,
  payload: RequestPayload,
): Promise<RequestPayload> {
  const header = request.headers["content-encoding"];
  const names = (header ?? "").split(",").map((name) => name.trim());
  const codings = names.filter((name) => !["", "identity"].includes(name.toLowerCase()));
  if (codings.length === 0) return payload;
  if (codings.some((name) => codingsOf(name).length === 0))
    throw new ApiError(
      "unsupported_media_type",
      `Send the body with gzip, deflate or br, or as it is, not "${header}".`,
    );
  const received = { bytes: 0 };
  const decoded = decodeStream(Readable.from(counted(payload, received), { objectMode: false }), codingsOf(header));
  const body: RequestPayload = Readable.from(limited(decoded, request.routeOptions.bodyLimit), { objectMode: false });
  // a reader that has its error already listens no longer
  body.on("error", () => {});
  // Fastify compares it with Content-Length
  return Object.defineProperty(body, "receivedEncodedLength", { get: () => received.bytes });
}

async function* counted(payload: RequestPayload, received: { bytes: number }): AsyncGenerator<Buffer> {
  for await (const chunk of payload as AsyncIterable<Buffer>) {
    received.bytes += chunk.length;
    yield chunk;
  }
}

async function* limited(decoded: AsyncIterable<Buffer>, limitBytes: number | undefined): AsyncGenerator<Buffer> {
  let bytes = 0;
  try {
    for await (const chunk of decoded) {
      bytes += chunk.length;
      // a reader with a limit of its own sees first that it is exceeded
      yield chunk;
      if (bytes > (limitBytes ?? Number.POSITIVE_INFINITY)) throw new ApiError("too_large");
    }
  } catch (cause) {
    if (cause instanceof ApiError) throw cause;
    throw new ApiError("invalid_request", "The body cannot be decoded.", { cause });
  }
}
