import { Pool } from "undici";
import type { PlainProvider } from "./provider.ts";

/** JieKou's create and read, over one connection pool; it has no idempotency keys. */
export function openJiekou(baseUrl: string, key: string, timeoutMs: number): PlainProvider {
  const { origin, pathname } = new URL(baseUrl);
  const pool = new Pool(origin, { connections: 128, headersTimeout: timeoutMs, bodyTimeout: timeoutMs });
  const ask = async (method: "GET" | "POST", path: string, body?: string) => {
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const answer = await pool.request({ method, path: pathname + path, headers, body: body ?? null });
    return { statusCode: answer.statusCode, json: (await answer.body.json()) as Answer };
  };
  return {
    create: async (_, input) => {
      const { statusCode, json } = await ask("POST", "/v3/async/seedance-2.0", JSON.stringify(input));
      if (statusCode === 429 || statusCode === 503) return { kind: "busy" };
      if (statusCode !== 200 || json.task_id === undefined) throw new Error(`create returned HTTP ${statusCode}`);
      return { kind: "created", taskId: json.task_id };
    },
    read: async (taskId) => {
      const { statusCode, json } = await ask("GET", `/v3/async/task-result?task_id=${taskId}`);
      const { task, videos } = json.data ?? json;
      if (statusCode !== 200) return { kind: "pending" };
      if (task?.status === "TASK_STATUS_FAILED") return { kind: "failed", message: task.reason ?? "" };
      return task?.status === "TASK_STATUS_SUCCEED"
        ? { kind: "succeeded", url: videos?.[0]?.video_url ?? "" }
        : { kind: "pending" };
    },
    close: () => pool.close(),
  };
}

interface Result {
  task?: { status: string; reason?: string };
  videos?: { video_url: string }[];
}

interface Answer extends Result {
  task_id?: string;
  data?: Result;
}
