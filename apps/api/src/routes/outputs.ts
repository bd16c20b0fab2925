import { extname } from "node:path";
import type { Output } from "@reelqueue/contracts";
import type { Installation } from "@reelqueue/pipeline";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ApiError } from "../errors.ts";
import { ownGeneration } from "../ownership.ts";
import { parseRange } from "../parse.ts";

/** Serves the stored outputs of a generation, whole or by range. */
export function outputs(app: FastifyInstance, installation: Installation): void {
  // Fastify's own HEAD route would read the whole file
  app.route({
    method: ["GET", "HEAD"],
    url: "/generations/:id/outputs/:n",
    handler: async (request, reply) => {
      const { output, name } = await ownOutput(request, installation);
      const status = conditionOf(request.headers, etagOf(output));
      describe(reply, output, name);
      if (status === undefined) return send(request, reply, output, installation);
      // a 304 tells nothing of its own length
      return (status === 412 ? reply.header("content-length", 0) : reply).code(status).send();
    },
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
function describe(reply: FastifyReply, output: Output, name: string): void {
  reply.headers({
    "content-type": output.contentType,
    "content-disposition": `attachment; filename="${name}"`,
    "accept-ranges": "bytes",
    etag: etagOf(output),
    "cache-control": "private, max-age=31536000, immutable",
  });
}

const etagOf = ({ sha256 }: Output): string => `"${sha256}"`;

/** The status of a request whose condition decides it (RFC 9110, 13.2.2); there is no date to compare. */
function conditionOf(headers: FastifyRequest["headers"], etag: string): 304 | 412 | undefined {
  const match = headers["if-match"];
  if (match !== undefined && !names(match, etag)) return 412;
  const noneMatch = headers["if-none-match"];
  return noneMatch !== undefined && names(noneMatch.replaceAll('W/"', '"'), etag) ? 304 : undefined;
}

function names(header: string, etag: string): boolean {
  return header.trim() === "*" || header.split(",").some((name) => name.trim() === etag);
}

async function send(
  { method, headers }: FastifyRequest,
  reply: FastifyReply,
  output: Output,
  { outputs: store }: Installation,
): Promise<unknown> {
  const { key, bytes } = output;
  const sameFile = headers["if-range"] === undefined || headers["if-range"] === etagOf(output);
  const asked = parseRange(sameFile ? headers.range : undefined, bytes);
  if (asked.kind === "outside")
    return reply.code(416).header("content-range", `bytes */${bytes}`).header("content-length", 0).send();
  const range = asked.kind === "part" ? { start: asked.start, end: asked.end } : undefined;
  const file = await store.open(key, range);
  if (!file) throw new ApiError("not_found", "This file is no longer on this server.");
  if (range) reply.code(206).header("content-range", `bytes ${range.start}-${range.end}/${bytes}`);
  reply.header("content-length", file.bytes);
  if (method !== "HEAD") return reply.send(file.stream);
  file.stream.destroy();
  return reply.send();
}
