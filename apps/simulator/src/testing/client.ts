import { expect } from "vitest";
import { type Simulator, type SimulatorOptions, startSimulator } from "../index.ts";

/** One answer of the simulator. `at` reads a value of the JSON body by a path like `data.output.0.url`. */
export interface Got {
  status: number;
  headers: Headers;
  text: string;
  body: unknown;
  at(path: string): unknown;
}

export interface Sent {
  key?: string | undefined;
  headers?: Record<string, string>;
}

const hiapiInput = {
  prompt: "A ceramic cup gently rotating",
  aspect_ratio: "16:9",
  duration: 4,
  resolution: "480p",
};
const jiekouBody = { prompt: "A glass frog on a leaf", duration: 4, resolution: "480p", ratio: "16:9" };

const toapisBody = { model: "seedance-2", prompt: "A shiba runs in the rain", duration: 4, resolution: "480p" };

const xingchaoBody = { model: "seedance_2_0_pro", prompt: "A cat dancing in the rain", duration: 4 };

const arkBody = {
  model: "doubao-seedance-2-0-260128",
  content: [{ type: "text", text: "A glass frog on a leaf" }],
  duration: 4,
  resolution: "480p",
  ratio: "16:9",
};

/** Polls for up to 15 s, which is enough on a busy machine too. */
export const soon = <Value>(read: () => Value) => expect.poll(read, { timeout: 15_000, interval: 10 });

/** A simulator with a client for every vendor; by default fast and without limits. */
export async function openSimulator(options: SimulatorOptions = {}): Promise<TestClient> {
  return new TestClient(await startSimulator({ clockFactor: 1_000, limits: "off", finishAfterPolls: 1, ...options }));
}

export class TestClient implements AsyncDisposable {
  readonly simulator: Simulator;

  constructor(simulator: Simulator) {
    this.simulator = simulator;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.simulator.close();
  }

  hiapi = {
    post: (body: unknown, sent: Sent = {}) => this.post("/hiapi/v1/tasks", body, sent),
    create: (input: object = {}, sent: Sent & { more?: object } = {}) =>
      this.hiapi.post({ model: "seedance-2-0", input: { ...hiapiInput, ...input }, ...sent.more }, sent),
    /** The id of an accepted task. */
    start: async (input: object = {}, more: object = {}) =>
      String((await this.hiapi.create(input, { more })).at("data.taskId")),
    read: (id: string, sent: Sent = {}) => this.get(`/hiapi/v1/tasks/${id}`, sent),
  };

  jiekou = {
    post: (body: unknown, sent: Sent = {}) => this.post("/jiekou/v3/async/seedance-2.0", body, sent),
    create: (body: object = {}, sent: Sent = {}) => this.jiekou.post({ ...jiekouBody, ...body }, sent),
    start: async (body: object = {}) => String((await this.jiekou.create(body)).at("task_id")),
    read: (id: string, sent: Sent = {}) => this.get(`/jiekou/v3/async/task-result?task_id=${id}`, sent),
  };

  toapis = {
    post: (body: unknown, sent: Sent = {}) => this.post("/toapis/v1/videos/generations", body, sent),
    create: (body: object = {}, sent: Sent = {}) => this.toapis.post({ ...toapisBody, ...body }, sent),
    start: async (body: object = {}) => String((await this.toapis.create(body)).at("id")),
    read: (id: string, sent: Sent = {}) => this.get(`/toapis/v1/videos/generations/${encodeURIComponent(id)}`, sent),
  };

  xingchao = {
    post: (body: unknown, sent: Sent = {}) => this.post("/xingchao/kyyReactApiServer/v1/kyyvideo2/videos", body, sent),
    create: (body: object = {}, sent: Sent = {}) => this.xingchao.post({ ...xingchaoBody, ...body }, sent),
    start: async (body: object = {}) => String((await this.xingchao.create(body)).at("id")),
    read: (id: string, sent: Sent = {}) => this.get(`/xingchao/kyyReactApiServer/v1/result/${id}`, sent),
  };

  ark = {
    post: (body: unknown, sent: Sent = {}) => this.post("/ark/api/v3/contents/generations/tasks", body, sent),
    create: (body: object = {}, sent: Sent = {}) => this.ark.post({ ...arkBody, ...body }, sent),
    start: async (body: object = {}) => String((await this.ark.create(body)).at("id")),
    read: (id: string, sent: Sent = {}) => this.get(`/ark/api/v3/contents/generations/tasks/${id}`, sent),
    remove: (id: string, sent: Sent = {}) => this.delete(`/ark/api/v3/contents/generations/tasks/${id}`, sent),
    list: (query = "", sent: Sent = {}) => this.get(`/ark/api/v3/contents/generations/tasks?${query}`, sent),
  };

  async ledger(marker?: string): Promise<Got> {
    return this.get(`/simulator/ledger${marker === undefined ? "" : `?marker=${encodeURIComponent(marker)}`}`);
  }

  get(path: string, sent: Sent = {}): Promise<Got> {
    return this.#call(path, { headers: headersOf(sent) });
  }

  post(path: string, body: unknown, sent: Sent = {}): Promise<Got> {
    const headers = { "content-type": "application/json", ...headersOf(sent) };
    return this.#call(path, { method: "POST", headers, body: typeof body === "string" ? body : JSON.stringify(body) });
  }

  delete(path: string, sent: Sent = {}): Promise<Got> {
    return this.#call(path, { method: "DELETE", headers: headersOf(sent) });
  }

  form(path: string, form: FormData, sent: Sent = {}): Promise<Got> {
    return this.#call(path, { method: "POST", headers: headersOf(sent), body: form });
  }

  async #call(path: string, init: RequestInit): Promise<Got> {
    const url = path.startsWith("http") ? path : `${this.simulator.url}${path}`;
    const response = await fetch(url, { signal: AbortSignal.timeout(20_000), ...init });
    const text = await response.text();
    const body = asJson(text);
    return { status: response.status, headers: response.headers, text, body, at: (path) => valueAt(body, path) };
  }
}

function headersOf({ key = "key-a", headers = {} }: Sent): Record<string, string> {
  return key === "" ? headers : { authorization: `Bearer ${key}`, ...headers };
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function valueAt(value: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((inner, name) => {
    if (typeof inner !== "object" || inner === null) return undefined;
    return Reflect.get(inner, name);
  }, value);
}
