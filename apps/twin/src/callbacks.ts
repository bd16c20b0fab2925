import { Agent, request } from "undici";
import type { Clock } from "./clock.ts";
import type { Dialect, View } from "./dialect.ts";
import { fires } from "./faults.ts";

/** INVENTED: the vendors say that callbacks are repeated, not when. In the provider's time. */
const retryDelaysMs = [5_000, 30_000, 120_000];
const lieDelayMs = 2_000;
const answerTimeoutMs = 10_000;
const otherSecret = "not the secret that was agreed on";

export interface CallbackRules {
  callbackSecret?: string | undefined;
  allowHttpCallbacks: boolean;
  callbackHosts: string[];
}

/** Tells clients that their tasks have ended: at least once, and again while they do not answer 2xx. */
export class Callbacks {
  on = true;
  counts = noCounts();
  readonly #clock: Clock;
  readonly #rules: CallbackRules;
  readonly #agent = new Agent({ headersTimeout: answerTimeoutMs, bodyTimeout: answerTimeoutMs, connections: 16 });

  constructor(clock: Clock, rules: CallbackRules) {
    this.#clock = clock;
    this.#rules = rules;
  }

  /** Whether a create may name this address. */
  allows(url: string): boolean {
    if (!URL.canParse(url)) return false;
    const { protocol, hostname } = new URL(url);
    return protocol === "https:" || (protocol === "http:" && this.#rules.allowHttpCallbacks && this.#reaches(hostname));
  }

  /** Resolves once the first try is answered; later tries go on by themselves. Never rejects. */
  async final(dialect: Dialect, view: View): Promise<void> {
    const { callback } = dialect;
    const { plan, order } = view.task;
    if (!callback || !order.callbackUrl || fires(plan, "callback-none")) return;
    const raw = JSON.stringify(callback.body(view));
    const sign = (): Record<string, string> =>
      this.#rules.callbackSecret ? callback.sign(raw, this.#rules.callbackSecret, this.#clock.now()) : {};
    const times = fires(plan, "callback-twice") ? 2 : 1;
    const url = order.callbackUrl;
    await Promise.all(Array.from({ length: times }, () => this.#deliver({ url, raw, sign }, retryDelaysMs)));
  }

  /** Sends, a little after acceptance, a success that is not true under a signature that is not right. */
  lie(dialect: Dialect, view: View): void {
    const { callback } = dialect;
    const { plan, order } = view.task;
    if (!callback || !order.callbackUrl || !fires(plan, "callback-forged-signature")) return;
    const raw = JSON.stringify(callback.body(view));
    const sign = (): Record<string, string> => callback.sign(raw, otherSecret, this.#clock.now());
    const url = order.callbackUrl;
    this.#clock.after(lieDelayMs, () => void this.#deliver({ url, raw, sign }, []));
  }

  clear(): void {
    this.on = true;
    this.counts = noCounts();
  }

  close(): Promise<void> {
    return this.#agent.destroy();
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

  async #send({ url, raw, sign }: Message): Promise<boolean> {
    try {
      const headers = { "content-type": "application/json", ...sign() };
      const { statusCode, body } = await request(url, { method: "POST", headers, body: raw, dispatcher: this.#agent });
      await body.dump();
      return statusCode >= 200 && statusCode < 300;
    } catch {
      // Refused, reset or too slow: all the same to a provider, it tries again.
      return false;
    }
  }

  /** A simulator must never post to strangers, whatever address a request names. */
  #reaches(hostname: string): boolean {
    return isLoopback(hostname) || this.#rules.callbackHosts.includes(hostname);
  }
}

interface Message {
  url: string;
  raw: string;
  sign(): Record<string, string>;
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

function noCounts() {
  return { delivered: 0, failedTries: 0, givenUp: 0, unreachable: 0 };
}
