import { existsSync, readFileSync } from "node:fs";
import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { fires } from "./faults.ts";
import { type Payload, padded, slices } from "./mp4.ts";
import { answersOddly } from "./odd-files.ts";
import type { Settings } from "./options.ts";
import type { Simulation } from "./simulation.ts";
import type { Task } from "./task.ts";

const fixtures = new URL("../fixtures/", import.meta.url);
const loaded = new Map<string, Buffer>();
const contentTypes: Record<string, string> = {
  mp4: "video/mp4",
  png: "image/png",
  jpg: "image/jpeg",
  mp3: "audio/mpeg",
  wav: "audio/wav",
};

/** Serves outputs under signed URLs, uploads, and sample media. */
export function serveFiles(app: FastifyInstance, simulation: Simulation): void {
  app.get<{ Params: { taskId: string; name: string }; Querystring: Record<string, string> }>(
    "/files/:taskId/:name",
    { exposeHeadRoute: true },
    (request, reply) => {
      const { taskId, name } = request.params;
      const task = simulation.tasks.get(taskId);
      const payload = task && outputOf(task, name, simulation.settings);
      if (!task || !payload) return deny(reply, 404, "NoSuchKey");
      if (!isAllowed(simulation, task, name, request.query)) return deny(reply, 403, "AccessDenied");
      if (answersOddly(simulation, task, name, { request, reply })) return reply;
      const cut = request.method === "GET" && name.endsWith(".mp4") && fires(task.plan, "file-truncated");
      return sendFile(request, reply, payload, cut);
    },
  );
  app.get<{ Params: FileName }>("/files/uploads/:name", { exposeHeadRoute: true }, (request, reply) => {
    const upload = simulation.uploads.get(request.params.name);
    if (!upload) return deny(reply, 404, "NoSuchKey");
    return reply.type(upload.contentType).send(upload.file);
  });
  app.get<{ Params: FileName }>("/media/:name", { exposeHeadRoute: true }, (request, reply) => {
    const { name } = request.params;
    const file = /^[\w-]+\.\w+$/.test(name) ? fixture(`media/${name}`) : undefined;
    if (!file) return deny(reply, 404, "NoSuchKey");
    return sendFile(request, reply, { head: file, bytes: file.length });
  });
}

function isAllowed({ outputs }: Simulation, task: Task, name: string, query: Record<string, string>): boolean {
  const issue = outputs.issueOf(task, name, query);
  if (issue === undefined || issue < task.deadUrls) return false;
  if (!fires(task.plan, "url-expired")) return true;
  task.deadUrls += 1;
  return false;
}

function outputOf(task: Task, name: string, settings: Settings): Payload | undefined {
  const shape = task.order.ratio === "adaptive" ? "16x9" : task.order.ratio.replace(":", "x");
  if (name === "last.png") {
    const frame = fixture(`frames/${shape}.png`);
    return frame && { head: frame, bytes: frame.length };
  }
  const clip = fixture(settings.outputs === "tiny" ? "clips/1x1-4.mp4" : `clips/${shape}-${task.order.seconds}.mp4`);
  return name === "0.mp4" && clip ? padded(clip, task.id, settings.outputBytes) : undefined;
}

interface FileName {
  taskId?: string;
  name: string;
}

/** Sends the file or the requested part of it; `cut`: the connection breaks off after half of the bytes. */
function sendFile(
  { params: { taskId, name }, headers }: Pick<FastifyRequest<{ Params: FileName }>, "params" | "headers">,
  reply: FastifyReply,
  payload: Payload,
  cut = false,
): unknown {
  const etag = `"${taskId ?? name}-${payload.bytes}"`;
  const { range, "if-range": ifRange } = headers;
  const part = parseRange(ifRange === undefined || ifRange === etag ? range : undefined, payload.bytes);
  const type = contentTypes[name.split(".").at(-1) ?? ""] ?? "application/octet-stream";
  reply.headers({ "content-type": type, "accept-ranges": "bytes", etag });
  if (part === "outside") return reply.code(416).header("content-range", `bytes */${payload.bytes}`).send();
  const [start, end] = part ?? [0, payload.bytes];
  if (part) reply.code(206).header("content-range", `bytes ${start}-${end - 1}/${payload.bytes}`);
  reply.header("content-length", end - start);
  if (cut) return sendHalf(reply, payload, start, end);
  return reply.send(Readable.from(slices(payload, start, end)));
}

function sendHalf(reply: FastifyReply, payload: Payload, start: number, end: number): void {
  reply.hijack();
  const { raw } = reply;
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) raw.setHeader(name, value);
  raw.statusCode = reply.statusCode;
  const half = Readable.from(slices(payload, start, start + Math.ceil((end - start) / 2)));
  half.on("end", () => raw.write("", () => raw.socket?.destroy()));
  half.pipe(raw, { end: false });
}

function deny(reply: FastifyReply, status: number, code: string): unknown {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code></Error>`;
  return reply.code(status).type("application/xml").send(body);
}

function fixture(path: string): Buffer | undefined {
  const known = loaded.get(path);
  if (known) return known;
  const url = new URL(path, fixtures);
  if (!existsSync(url)) return undefined;
  const file = readFileSync(url);
  loaded.set(path, file);
  return file;
}

/**
 * Parses a `Range` header for a file of `bytes`; `end` is exclusive. Undefined: the whole file.
 * A malformed header or several ranges select the whole file, as RFC 9110 allows.
 */
function parseRange(header: string | undefined, bytes: number): [start: number, end: number] | "outside" | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (!match || (match[1] === "" && match[2] === "")) return undefined;
  const [, first = "", last = ""] = match;
  if (first === "") {
    const start = Math.max(0, bytes - Number(last));
    return Number(last) === 0 ? "outside" : [start, bytes];
  }
  const start = Number(first);
  if (start >= bytes) return "outside";
  const end = last === "" ? bytes : Math.min(Number(last) + 1, bytes);
  return end <= start ? undefined : [start, end];
}
