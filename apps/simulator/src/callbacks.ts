import { Agent, request } from "undici";
import type { Clock } from "./clock.ts";
import type { CallbackRules, Dialect, View } from "./dialect.ts";
import { fires } from "./faults.ts";

const lieDelayMs = 2_000;
const otherSecret = "not the secret that was agreed on";

export interface CallbackSettings {
  callbackSecret?: string | undefined;
  previousCallbackSecret?: string | undefined;
  allowHttpCallbacks: boolean;
  callbackHosts: string[];
}

/** Tells clients what became of their tasks: at least once, and again while they do not answer 2xx. */
export class Callbacks {
  on = true;
  counts = noCounts();
  readonly #clock: Clock;
  readonly #settings: CallbackSettings;
  readonly #secrets: readonly string[];
  readonly #agent = new Agent({ connections: 16 });

  constructor(clock: Clock, settings: CallbackSettings) {
    this.#clock = clock;
    this.#settings = settings;
    const { callbackSecret, previousCallbackSecret } = settings;
    this.#secrets = [callbackSecret, previousCallbackSecret].filter((secret) => secret !== undefined);
  }

  /** Whether a create may name this address. */
  allows(url: string): boolean {
    if (!URL.canParse(url)) return false;
    const { protocol, hostname } = new URL(url);
    const reachable = this.#settings.allowHttpCallbacks && this.#reaches(hostname);
    return protocol === "https:" || (protocol === "http:" && reachable);
  }

  /** Tells the end. Resolves once the first try is answered; later tries go on by themselves. Never rejects. */
  async final(dialect: Dialect, view: View): Promise<void> {
    await this.#tell(dialect, view);
  }

  /** Tells anything before the end, to clients of vendors that do so. */
  change(dialect: Dialect, view: View): void {
    if (dialect.callback?.everyChange) void this.#tell(dialect, view);
  }

  /** Sends, a little after acceptance, a success that is not true under a signature that is not right. */
  lie(dialect: Dialect, view: View): void {
    const url = view.task.order.callbackUrl;
    if (!dialect.callback || url === undefined || !fires(view.task.plan, "callback-forged-signature")) return;
    const message = messageOf(dialect.callback, view, url, [otherSecret]);
    this.#clock.after(lieDelayMs, () => void this.#deliver(message, []));
  }

  clear(): void {
    this.on = true;
    this.counts = noCounts();
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  async #tell({ callback }: Dialect, view: View): Promise<void> {
    const { plan, order } = view.task;
    if (!callback || order.callbackUrl === undefined || fires(plan, "callback-none")) return;
    const message = messageOf(callback, view, order.callbackUrl, this.#secrets);
    const times = fires(plan, "callback-twice") ? 2 : 1;
    const delaysMs = callback.retryDelaysMs(view.phase);
    await Promise.all(Array.from({ length: times }, () => this.#deliver(message, delaysMs)));
  }

  async #deliver(message: Message, delaysMs: readonly number[]): Promise<void> {
    if (!this.on) return;
    if (!this.#reaches(new URL(message.url).hostname)) {
      this.counts.unreachable += 1;
      return;
    }
    if (await this.#send(message)) {
      this.counts.delivered += 1;
      return;
    }
    this.counts.failedTries += 1;
    const [delayMs, ...rest] = delaysMs;
    if (delayMs === undefined) this.counts.givenUp += 1;
    else this.#clock.after(delayMs, () => void this.#deliver(message, rest));
  }

  async #send({ url, raw, sign, timeoutMs }: Message): Promise<boolean> {
    try {
      const headers = { "content-type": "application/json", ...sign(this.#clock.now()) };
      const limits = { headersTimeout: timeoutMs, bodyTimeout: timeoutMs, dispatcher: this.#agent };
      const { statusCode, body } = await request(url, { method: "POST", headers, body: raw, ...limits });
      await body.dump();
      return statusCode >= 200 && statusCode < 300;
    } catch {
      // Refused, reset or too slow: all the same to a provider, it tries again.
      return false;
    }
  }

  /** A simulator must never post to strangers, whatever address a request names. */
  #reaches(hostname: string): boolean {
    return isLoopback(hostname) || this.#settings.callbackHosts.includes(hostname);
  }
}

interface Message {
  url: string;
  raw: string;
  timeoutMs: number;
  sign(nowMs: number): Record<string, string>;
}

/** The body is made once, so that every try sends the same bytes; each is signed at its own time. */
function messageOf(callback: CallbackRules, view: View, url: string, secrets: readonly string[]): Message {
  const raw = JSON.stringify(callback.body(view));
  const sign = (nowMs: number) => callback.headers?.({ view, raw, secrets, nowMs }) ?? {};
  return { url, raw, timeoutMs: callback.answerTimeoutMs, sign };
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

function noCounts() {
  return { delivered: 0, failedTries: 0, givenUp: 0, unreachable: 0 };
}
