import { existsSync, readFileSync } from "node:fs";
import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { fires } from "./faults.ts";
import { type Payload, padded, wholeFile } from "./mp4.ts";
import type { Settings } from "./options.ts";
import { askedRange } from "./range.ts";
import type { Task } from "./tasks.ts";
import type { World } from "./world.ts";

const fixtures = new URL("../fixtures/", import.meta.url);
const loaded = new Map<string, Buffer>();
const contentTypes: Record<string, string> = {
  mp4: "video/mp4",
  png: "image/png",
  jpg: "image/jpeg",
  mp3: "audio/mpeg",
  wav: "audio/wav",
};

/** Serves the outputs of tasks under signed URLs, and sample media that anyone may fetch. */
export function serveFiles(app: FastifyInstance, world: World): void {
  app.get<{ Params: { taskId: string; name: string }; Querystring: Record<string, string> }>(
    "/files/:taskId/:name",
    { exposeHeadRoute: true },
    (request, reply) => {
      const { taskId, name } = request.params;
      const task = world.tasks.get(taskId);
      const payload = task && outputOf(task, name, world.settings);
      if (!task || !payload) return deny(reply, 404, "NoSuchKey");
      if (!mayRead(world, task, request)) return deny(reply, 403, "AccessDenied");
      const cut = request.method === "GET" && name.endsWith(".mp4") && fires(task.plan, "file-truncated");
      return sendFile(request, reply, { payload, name, etag: `"${taskId}-${payload.bytes}"`, cut });
    },
  );
  app.get<{ Params: { name: string } }>("/files/uploads/:name", { exposeHeadRoute: true }, (request, reply) => {
    const upload = world.uploads.get(request.params.name);
    if (!upload) return deny(reply, 404, "NoSuchKey");
    return reply.type(upload.contentType).send(upload.file);
  });
  app.get<{ Params: { name: string } }>("/media/:name", { exposeHeadRoute: true }, (request, reply) => {
    const { name } = request.params;
    const file = /^[\w-]+\.\w+$/.test(name) ? fixture(`media/${name}`) : undefined;
    if (!file) return deny(reply, 404, "NoSuchKey");
    const payload = wholeFile(file);
    return sendFile(request, reply, { payload, name, etag: `"${name}-${payload.bytes}"`, cut: false });
  });
}

function mayRead(
  world: World,
  task: Task,
  { params, query }: FastifyRequest<{ Params: { name: string }; Querystring: Record<string, string> }>,
): boolean {
  const checked = world.outputs.check(task, params.name, query);
  if (!checked.ok || checked.issue < task.deadUrls) return false;
  if (!fires(task.plan, "url-expired")) return true;
  task.deadUrls += 1;
  return false;
}

function outputOf(task: Task, name: string, settings: Settings): Payload | undefined {
  const shape = task.order.ratio === "adaptive" ? "16x9" : task.order.ratio.replace(":", "x");
  if (name === "last.png") {
    const frame = fixture(`frames/${shape}.png`);
    return frame && wholeFile(frame);
  }
  const clip = fixture(settings.outputs === "tiny" ? "clips/1x1-4.mp4" : `clips/${shape}-${task.order.seconds}.mp4`);
  return name === "0.mp4" && clip ? padded(clip, task.id, settings.outputBytes) : undefined;
}

interface Sending {
  payload: Payload;
  name: string;
  etag: string;
  /** The connection breaks in the middle. */
  cut: boolean;
}

function sendFile(request: FastifyRequest, reply: FastifyReply, { payload, name, etag, cut }: Sending): unknown {
  const { range, "if-range": ifRange } = request.headers;
  const asked = askedRange(ifRange === undefined || ifRange === etag ? range : undefined, payload.bytes);
  const type = contentTypes[name.split(".").at(-1) ?? ""] ?? "application/octet-stream";
  reply.headers({ "content-type": type, "accept-ranges": "bytes", etag });
  if (asked.kind === "outside") return reply.code(416).header("content-range", `bytes */${payload.bytes}`).send();
  const [start, end] = asked.kind === "part" ? [asked.start, asked.end] : [0, payload.bytes];
  if (asked.kind === "part") reply.code(206).header("content-range", `bytes ${start}-${end - 1}/${payload.bytes}`);
  reply.header("content-length", end - start);
  if (cut) return sendHalf(reply, payload, start, end);
  return reply.send(Readable.from(payload.slices(start, end)));
}

function sendHalf(reply: FastifyReply, payload: Payload, start: number, end: number): void {
  reply.hijack();
  const { raw } = reply;
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) raw.setHeader(name, value);
  raw.statusCode = reply.statusCode;
  const half = Readable.from(payload.slices(start, start + Math.ceil((end - start) / 2)));
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
