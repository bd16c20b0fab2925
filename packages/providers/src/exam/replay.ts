import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { generationRequest } from "@reelqueue/contracts";
import { createEgress, type Egress } from "@reelqueue/egress";
import type { Call, Provider, SubmitCall, Upload } from "../provider.ts";
import { methodsOf } from "./kinds.ts";
import type { Recording } from "./recording.ts";

/** The API key in the replayed calls. */
export const key = "key-of-the-exam";
const idempotencyKey = "gen_exam-1";

/** A received request. */
export interface ReceivedRequest {
  method: string;
  path: string;
  headers: Readonly<Record<string, unknown>>;
  body: string;
}

/** A provider on loopback that sends the recorded answers and stores the requests. */
export class Playback implements AsyncDisposable {
  readonly received: ReceivedRequest[] = [];
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
    this.received.length = 0;
    const { submit, poll, lookup, list, cancel, upload, asset } = recording;
    const call = this.#call(provider);
    if (submit) return provider.submit(generationRequest.parse(submit.request), { ...call, ...submitPartOf(submit) });
    if (poll) return provider.poll(poll.taskId, call);
    const methods = methodsOf(provider);
    if (lookup) return methods.lookup?.(lookup.clientId, call);
    if (list) return methods.list?.({ ...list, request: generationRequest.parse(list.request), idempotencyKey }, call);
    if (cancel) return methods.cancel?.(cancel.taskId, call);
    if (upload) return methods.upload?.({ ...upload, source: sourceOf(upload) }, call);
    if (asset) return methods.asset?.(asset.assetId, call);
    return readCallback(provider, recording);
  }

  #call({ capabilities }: Provider): Call {
    const address = this.#server.address();
    const isRefused = this.recording?.answer?.fault === "refused";
    const port = typeof address === "object" && !isRefused ? address?.port : 1;
    const path = new URL(capabilities.baseUrl.value).pathname.replace(/\/$/, "");
    const { switches = {} } = this.recording ?? {};
    const signal = new AbortController().signal;
    return { http: this.#httpWithShortTimeout(), baseUrl: `http://127.0.0.1:${port}${path}`, key, signal, switches };
  }

  /** A silent provider is waited for 80 ms, instead of the adapter's minute. */
  #httpWithShortTimeout(): Egress {
    const timeoutMs = this.recording?.answer?.fault === "silence" ? { timeoutMs: 80 } : {};
    return { ...this.#http, request: (request) => this.#http.request({ ...request, ...timeoutMs }) };
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await buffer(request)).toString("utf8");
    const { method = "", url: path = "", headers } = request;
    this.received.push({ method, path, headers, body });
    const { status = 500, headers: recorded, json, text, fault } = this.#nextAnswer() ?? {};
    const content = json === undefined ? (text ?? "") : JSON.stringify(json);
    if (fault === "silence") return;
    if (fault === "reset") return void request.socket.resetAndDestroy();
    const length = { "content-length": `${Buffer.byteLength(content)}` };
    response.writeHead(status, {
      ...(json === undefined ? {} : { "content-type": "application/json" }),
      ...length,
      ...recorded,
    });
    if (fault !== "cut") return void response.end(content);
    response.write(content.slice(0, content.length / 2), () => request.socket.destroy());
  }

  #nextAnswer(): Recording["answer"] {
    const index = this.received.length - 1;
    return index === 0 ? this.recording?.answer : this.recording?.next[index - 1]?.answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#http.close();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** The part of a `SubmitCall` that is not in every `Call`. */
function submitPartOf({ callbackUrl, media = {} }: NonNullable<Recording["submit"]>): Omit<SubmitCall, keyof Call> {
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

function readCallback(provider: Provider, { callback, title }: Recording): unknown {
  if (!callback || !provider.callbacks) throw new Error(`${title}: no call to replay`);
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
