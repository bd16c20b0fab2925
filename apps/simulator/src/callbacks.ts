import { type Dispatcher, request } from "undici";
import type { Clock } from "./clock.ts";
import { fires } from "./faults.ts";
import type { Settings } from "./options.ts";
import type { CallbackRules, Vendor, View } from "./vendor.ts";

const forgedDelayMs = 2_000;
const wrongSecret = "not the secret that was agreed on";

/** Sends callbacks at least once, and retries until the receiver answers 2xx or the vendor's retries are used up. */
export class Callbacks {
  on: boolean;
  readonly counts = { delivered: 0, failedTries: 0, givenUp: 0, unreachable: 0 };
  readonly #clock: Clock;
  readonly #settings: Settings;
  readonly #dispatcher: Dispatcher;
  readonly #secrets: readonly string[];

  constructor(clock: Clock, settings: Settings, dispatcher: Dispatcher) {
    this.on = settings.callbacks;
    this.#clock = clock;
    this.#settings = settings;
    this.#dispatcher = dispatcher;
    const { callbackSecret, previousCallbackSecret } = settings;
    this.#secrets = [callbackSecret, previousCallbackSecret].filter((secret) => secret !== undefined);
  }

  /** Whether a create may name this URL. */
  allows(url: string): boolean {
    if (!URL.canParse(url)) return false;
    const { protocol, hostname } = new URL(url);
    const reachable = this.#settings.allowHttpCallbacks && this.#isReachable(hostname);
    return protocol === "https:" || (protocol === "http:" && reachable);
  }

  /** Announces a phase before the end, for vendors that send such callbacks. */
  sendChange(vendor: Vendor, view: View): void {
    if (vendor.callback?.everyChange) void this.send(vendor, view);
  }

  /** For the fault `callback-forged-signature`: sends a false success with an invalid signature shortly after acceptance. */
  sendForged(vendor: Vendor, view: View): void {
    const url = view.task.order.callbackUrl;
    if (!vendor.callback || url === undefined || !fires(view.task.plan, "callback-forged-signature")) return;
    const message = messageOf(vendor.callback, view, url, [wrongSecret]);
    this.#clock.after(forgedDelayMs, () => void this.#deliver(message, []));
  }

  /** Announces a phase. Resolves after the first attempt; retries follow in the background. Never rejects. */
  async send({ callback }: Vendor, view: View): Promise<void> {
    const { plan, order } = view.task;
    if (!callback || order.callbackUrl === undefined || fires(plan, "callback-none")) return;
    const message = messageOf(callback, view, order.callbackUrl, this.#secrets);
    const times = fires(plan, "callback-twice") ? 2 : 1;
    const delaysMs = callback.retryDelaysMs(view.phase);
    await Promise.all(Array.from({ length: times }, () => this.#deliver(message, delaysMs)));
  }

  async #deliver(message: Message, delaysMs: readonly number[]): Promise<void> {
    if (!this.on) return;
    if (!this.#isReachable(new URL(message.url).hostname)) {
      this.counts.unreachable += 1;
      return;
    }
    if (await this.#post(message)) {
      this.counts.delivered += 1;
      return;
    }
    this.counts.failedTries += 1;
    const [delayMs, ...rest] = delaysMs;
    if (delayMs === undefined) this.counts.givenUp += 1;
    else this.#clock.after(delayMs, () => void this.#deliver(message, rest));
  }

  async #post({ url, raw, sign, timeoutMs }: Message): Promise<boolean> {
    try {
      const headers = { "content-type": "application/json", ...sign(Date.now()) };
      const limits = { headersTimeout: timeoutMs, bodyTimeout: timeoutMs, dispatcher: this.#dispatcher };
      const { statusCode, body } = await request(url, { method: "POST", headers, body: raw, ...limits });
      await body.dump();
      return statusCode >= 200 && statusCode < 300;
    } catch {
      // Refused, reset and timed out are all retried.
      return false;
    }
  }

  /** The simulator posts only to this machine and to `callbackHosts`, whatever URL a request names. */
  #isReachable(hostname: string): boolean {
    return isLoopback(hostname) || this.#settings.callbackHosts.includes(hostname);
  }
}

type Message = ReturnType<typeof messageOf>;

/** The body is rendered once, so that every attempt sends the same bytes; each attempt is signed with its own time. */
function messageOf(callback: CallbackRules, view: View, url: string, secrets: readonly string[]) {
  const raw = JSON.stringify(callback.body(view));
  const sign = (nowMs: number) => callback.headers?.({ view, raw, secrets, nowMs }) ?? {};
  return { url, raw, timeoutMs: callback.answerTimeoutMs, sign };
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
