import type { Got, TestClient } from "./client.ts";

/** One vendor API, for tests that are the same for all vendors. */
export interface VendorClient {
  create(client: TestClient, prompt: string): Promise<Got>;
  /** The id in a create answer; undefined without one. */
  idOf(created: Got): string | undefined;
  read(client: TestClient, id: string): Promise<Got>;
  statusOf(read: Got): unknown;
  videoOf(read: Got): unknown;
  words: { waiting: string; running: string; done: string; failed: string; unknown: string };
  /** The HTTP status of a read of an unknown task. */
  missing: number;
}

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

export const vendorClients: Readonly<Record<string, VendorClient>> = {
  hiapi: {
    create: (client, prompt) => client.hiapi.create({ prompt }),
    idOf: (created) => text(created.at("data.taskId")),
    read: (client, id) => client.hiapi.read(id),
    statusOf: (read) => read.at("data.status"),
    videoOf: (read) => read.at("data.output.0.url"),
    words: { waiting: "queued", running: "handling", done: "success", failed: "fail", unknown: "reviewing" },
    missing: 404,
  },
  jiekou: {
    create: (client, prompt) => client.jiekou.create({ prompt }),
    idOf: (created) => text(created.at("task_id")),
    read: (client, id) => client.jiekou.read(id),
    statusOf: (read) => read.at("task.status"),
    videoOf: (read) => read.at("videos.0.video_url"),
    words: {
      waiting: "TASK_STATUS_QUEUED",
      running: "TASK_STATUS_PROCESSING",
      done: "TASK_STATUS_SUCCEED",
      failed: "TASK_STATUS_FAILED",
      unknown: "TASK_STATUS_REVIEWING",
    },
    missing: 404,
  },
  toapis: {
    create: (client, prompt) => client.toapis.create({ prompt }),
    idOf: (created) => text(created.at("id")),
    read: (client, id) => client.toapis.read(id),
    statusOf: (read) => read.at("status"),
    videoOf: (read) => read.at("result.data.0.url"),
    words: { waiting: "queued", running: "in_progress", done: "completed", failed: "failed", unknown: "reviewing" },
    missing: 404,
  },
  xingchao: {
    create: (client, prompt) => client.xingchao.create({ prompt }),
    idOf: (created) => text(created.at("id")),
    read: (client, id) => client.xingchao.read(id),
    statusOf: (read) => read.at("status"),
    videoOf: (read) => read.at("video_url") ?? undefined,
    words: { waiting: "queued", running: "processing", done: "completed", failed: "failed", unknown: "reviewing" },
    missing: 200,
  },
  ark: {
    create: (client, prompt) => client.ark.create({ content: [{ type: "text", text: prompt }] }),
    idOf: (created) => text(created.at("id")),
    read: (client, id) => client.ark.read(id),
    statusOf: (read) => read.at("status"),
    videoOf: (read) => read.at("content.video_url"),
    words: { waiting: "queued", running: "running", done: "succeeded", failed: "failed", unknown: "reviewing" },
    missing: 404,
  },
};
