import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { generationRequest } from "@reelqueue/contracts";
import { createEgress, type Egress } from "@reelqueue/egress";
import type { Call, Provider, SubmitCall, Upload } from "../provider.ts";
import { methodsOf } from "./kinds.ts";
import type { Recording } from "./recording.ts";

export const key = "key-of-the-exam";
const idempotencyKey = "gen_exam-1";

/** A request as it arrived. */
export interface Arrived {
  method: string;
  path: string;
  headers: Readonly<Record<string, unknown>>;
  body: string;
}

/** A provider on loopback that sends the recorded answers and stores the requests. */
export class Playback implements AsyncDisposable {
  readonly arrived: Arrived[] = [];
  recording: Recording | undefined;
  readonly #http: Egress = createEgress();
  readonly #server: Server = createServer((request, response) => void this.#answer(request, response));

  async start(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  /** Replays one recording through the real adapter and the real HTTP client; returns the result. */
  async play(provider: Provider, recording: Recording): Promise<unknown> {
    this.recording = recording;
    this.arrived.length = 0;
    const { submit, poll, lookup, list, cancel, upload, asset } = recording;
    const call = this.#call(provider);
    if (submit) return provider.submit(generationRequest.parse(submit.request), { ...call, ...ownOf(submit) });
    if (poll) return provider.poll(poll.taskId, call);
    const methods = methodsOf(provider);
    if (lookup) return methods.lookup?.(lookup.clientId, call);
    if (list) return methods.list?.({ ...list, request: generationRequest.parse(list.request), idempotencyKey }, call);
    if (cancel) return methods.cancel?.(cancel.taskId, call);
    if (upload) return methods.upload?.({ ...upload, source: sourceOf(upload) }, call);
    if (asset) return methods.asset?.(asset.assetId, call);
    return called(provider, recording);
  }

  #call({ capabilities }: Provider): Call {
    const address = this.#server.address();
    const isRefused = this.recording?.answer?.fault === "refused";
    const port = typeof address === "object" && !isRefused ? address?.port : 1;
    const path = new URL(capabilities.baseUrl.value).pathname.replace(/\/$/, "");
    const { switches = {} } = this.recording ?? {};
    const signal = new AbortController().signal;
    return { http: this.#impatient(), baseUrl: `http://127.0.0.1:${port}${path}`, key, signal, switches };
  }

  /** The time-out of the adapters is a minute; the exam waits less for a silent provider. */
  #impatient(): Egress {
    const timeoutMs = this.recording?.answer?.fault === "silence" ? { timeoutMs: 80 } : {};
    return { ...this.#http, request: (request) => this.#http.request({ ...request, ...timeoutMs }) };
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await buffer(request)).toString("utf8");
    const { method = "", url: path = "", headers } = request;
    this.arrived.push({ method, path, headers, body });
    const { status = 500, headers: own, json, text, fault } = this.#next() ?? {};
    const content = json === undefined ? (text ?? "") : JSON.stringify(json);
    if (fault === "silence") return;
    if (fault === "reset") return void request.socket.resetAndDestroy();
    const length = { "content-length": `${Buffer.byteLength(content)}` };
    response.writeHead(status, {
      ...(json === undefined ? {} : { "content-type": "application/json" }),
      ...length,
      ...own,
    });
    if (fault !== "cut") return void response.end(content);
    response.write(content.slice(0, content.length / 2), () => request.socket.destroy());
  }

  #next(): Recording["answer"] {
    const at = this.arrived.length - 1;
    return at === 0 ? this.recording?.answer : this.recording?.next[at - 1]?.answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#http.close();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** What a submit has besides what every call has. */
function ownOf({ callbackUrl, media = {} }: NonNullable<Recording["submit"]>): Omit<SubmitCall, keyof Call> {
  return {
    idempotencyKey,
    ...(callbackUrl === undefined ? {} : { callbackUrl }),
    dataUri: async (url: string) => {
      const uri = media[url];
      if (uri === undefined) throw new Error(`no such medium: ${url}`);
      return uri;
    },
  };
}

function sourceOf({ url, bytes = "", contentType }: NonNullable<Recording["upload"]>): Upload["source"] {
  return url === undefined ? { bytes: Buffer.from(bytes), contentType } : { url };
}

function called(provider: Provider, { callback, title }: Recording): unknown {
  if (!callback || !provider.callbacks) throw new Error(`${title}: nothing to do`);
  const headers = Object.fromEntries(
    Object.entries(callback.headers).map(([name, value]) => [name, value ?? undefined]),
  );
  const { raw, nowMs, secret } = callback;
  return provider.callbacks.read({
    raw: Buffer.from(raw),
    headers,
    nowMs,
    ...(secret === undefined ? {} : { secret }),
  });
}
