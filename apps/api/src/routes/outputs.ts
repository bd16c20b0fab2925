import { extname } from "node:path";
import type { Output } from "@reelqueue/contracts";
import type { Installation } from "@reelqueue/pipeline";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ApiError } from "../errors.ts";
import { ownGeneration } from "../ownership.ts";
import { parseRange } from "../parse.ts";

/** Serves the stored outputs of a generation, whole or by range. */
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
  const { id, outputs: stored } = await ownGeneration(request, installation);
  const { n = "" } = request.params as { n?: string };
  const output = /^\d{1,4}$/.test(n) ? stored[Number(n)] : undefined;
  if (!output) throw new ApiError("not_found");
  return { output, name: `${id}-${n}${extname(output.key)}` };
}

/** Sets name and type of the download from the record, never from what a provider sent. */
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
  const asked = parseRange(sameFile ? headers.range : undefined, bytes);
  if (asked.kind === "outside")
    return reply.code(416).header("content-range", `bytes */${bytes}`).header("content-length", 0).send();
  const range = asked.kind === "part" ? { start: asked.start, end: asked.end } : undefined;
  const file = await store.open(key, range);
  if (!file) throw new ApiError("not_found", "This file is no longer on this server.");
  if (range) reply.code(206).header("content-range", `bytes ${range.start}-${range.end}/${bytes}`);
  return reply.header("content-length", file.bytes).send(file.stream);
}
