import { Pool } from "undici";

export type TaskState = { kind: "pending" } | { kind: "succeeded"; url: string } | { kind: "failed"; message: string };
export type Created = { kind: "created"; taskId: string } | { kind: "busy" };

/** HiAPI's create and read, over one connection pool. */
export function openProvider(baseUrl: string, key: string) {
  const { origin, pathname } = new URL(baseUrl);
  const pool = new Pool(origin, { connections: 128 });
  const headers = { authorization: `Bearer ${key}` };
  const ask = async (method: "GET" | "POST", path: string, more: Record<string, string>, body?: string) => {
    const options = { method, path: pathname + path, headers: { ...headers, ...more }, body: body ?? null };
    const { statusCode, body: answer } = await pool.request({ ...options, headersTimeout: 60_000 });
    return { statusCode, json: (await answer.json()) as Answer };
  };
  return {
    create: async (id: string, input: object): Promise<Created> => {
      const more = { "content-type": "application/json", "idempotency-key": id };
      const { statusCode, json } = await ask(
        "POST",
        "/v1/tasks",
        more,
        JSON.stringify({ model: "seedance-2-0", input }),
      );
      if (statusCode === 429 || statusCode === 503) return { kind: "busy" };
      if (statusCode !== 200 || json.data === undefined) throw new Error(`create returned HTTP ${statusCode}`);
      return { kind: "created", taskId: json.data.taskId };
    },
    read: async (taskId: string): Promise<TaskState> => {
      const { statusCode, json } = await ask("GET", `/v1/tasks/${taskId}`, {});
      if (statusCode !== 200 || json.data === undefined) return { kind: "pending" };
      const { status, output, error } = json.data;
      if (status === "success") return { kind: "succeeded", url: output?.[0]?.url ?? "" };
      return status === "fail" ? { kind: "failed", message: error?.message ?? "" } : { kind: "pending" };
    },
    close: () => pool.close(),
  };
}
export type PlainProvider = ReturnType<typeof openProvider>;

interface Answer {
  data?: { taskId: string; status: string; output?: { url: string }[]; error?: { message: string } };
}
