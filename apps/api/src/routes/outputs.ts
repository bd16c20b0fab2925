import { extname } from "node:path";
import type { Output } from "@reelqueue/contracts";
import type { Installation } from "@reelqueue/pipeline";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ApiError } from "../api-error.ts";
import { askedRange } from "../asked-range.ts";
import { ownGeneration } from "../own.ts";

/** The kept files of a generation, whole or in parts. */
export function outputs(app: FastifyInstance, installation: Installation): void {
  app.head("/generations/:id/outputs/:n", async (request, reply) => {
    const { output, name } = await ownOutput(request, installation);
    return describe(reply, output, name).header("content-length", output.bytes).send();
  });
  app.get("/generations/:id/outputs/:n", { exposeHeadRoute: false }, async (request, reply) => {
    const { output, name } = await ownOutput(request, installation);
    return send(request, describe(reply, output, name), output, installation);
  });
}

async function ownOutput(
  request: FastifyRequest,
  installation: Installation,
): Promise<{ output: Output; name: string }> {
  const { id, outputs: kept } = await ownGeneration(request, installation);
  const { n = "" } = request.params as { n?: string };
  const output = /^\d{1,4}$/.test(n) ? kept[Number(n)] : undefined;
  if (!output) throw new ApiError("not_found");
  return { output, name: `${id}-${n}${extname(output.key)}` };
}

/** What a file is named and said to be is decided here, never by what a provider said of it. */
function describe(reply: FastifyReply, { contentType, sha256 }: Output, name: string): FastifyReply {
  return reply.headers({
    "content-type": contentType,
    "content-disposition": `attachment; filename="${name}"`,
    "accept-ranges": "bytes",
    etag: `"${sha256}"`,
    "cache-control": "private, max-age=31536000, immutable",
  });
}

async function send(
  { headers }: FastifyRequest,
  reply: FastifyReply,
  { key, bytes, sha256 }: Output,
  { outputs: store }: Installation,
): Promise<unknown> {
  const sameFile = headers["if-range"] === undefined || headers["if-range"] === `"${sha256}"`;
  const asked = askedRange(sameFile ? headers.range : undefined, bytes);
  if (asked.kind === "outside")
    return reply.code(416).header("content-range", `bytes */${bytes}`).header("content-length", 0).send();
  const range = asked.kind === "part" ? { start: asked.start, end: asked.end } : undefined;
  const file = await store.open(key, range);
  if (!file) throw new ApiError("not_found", "This file is no longer on this server.");
  if (range) reply.code(206).header("content-range", `bytes ${range.start}-${range.end}/${bytes}`);
  return reply.header("content-length", file.bytes).send(file.stream);
}
