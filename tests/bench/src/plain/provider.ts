import { Pool } from "undici";

export type TaskState = { kind: "pending" } | { kind: "succeeded"; url: string } | { kind: "failed"; message: string };
export type Created = { kind: "created"; taskId: string } | { kind: "busy" };

/** Create and read of one API. */
export interface Api<Answer> {
  /** `headers`: beside the key and the type. */
  create(id: string, input: object): { path: string; body: object; headers?: Record<string, string> };
  createdId(answer: Answer): string | undefined;
  readPath(taskId: string): string;
  stateOf(answer: Answer): TaskState;
}

/** Create and read over one connection pool. */
export function openProvider<Answer>(api: Api<Answer>, url: string, key: string, timeoutMs: number) {
  const { origin, pathname } = new URL(url);
  const pool = new Pool(origin, { connections: 128, headersTimeout: timeoutMs, bodyTimeout: timeoutMs });
  const ask = async (method: "GET" | "POST", path: string, more: Record<string, string> = {}, body?: object) => {
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json", ...more };
    const sent = body === undefined ? null : JSON.stringify(body);
    const answer = await pool.request({ method, path: pathname + path, headers, body: sent });
    return { statusCode: answer.statusCode, json: (await answer.body.json()) as Answer };
  };
  return {
    create: async (id: string, input: object): Promise<Created> => {
      const { path, body, headers } = api.create(id, input);
      const { statusCode, json } = await ask("POST", path, headers, body);
      if (statusCode === 429 || statusCode === 503) return { kind: "busy" };
      const taskId = api.createdId(json);
      if (statusCode !== 200 || taskId === undefined) throw new Error(`create returned HTTP ${statusCode}`);
      return { kind: "created", taskId };
    },
    read: async (taskId: string): Promise<TaskState> => {
      const { statusCode, json } = await ask("GET", api.readPath(taskId));
      return statusCode === 200 ? api.stateOf(json) : { kind: "pending" };
    },
  };
}
export type PlainProvider = ReturnType<typeof openProvider>;
