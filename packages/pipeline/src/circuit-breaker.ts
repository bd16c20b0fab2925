import { type Egress, EgressError } from "@reelqueue/egress";
import type { Call } from "@reelqueue/providers";
import type { Account } from "./accounts.ts";
import type { Context } from "./context.ts";

/** So many requests in a row without a usable answer, and the provider counts as away. */
const failuresBelieved = 5;
/** While it is away, one request in this time (provider's ms) looks whether it is back. */
const probeEveryMs = 15_000;
/** Once it is back: one request a second at first, and half as many again every ten seconds, until nobody is held back any more. */
const ramp = { firstPerSecond: 1, factor: 1.5, everyMs: 10_000, overPerSecond: 100 } as const;

/**
 * How one account's provider is treated while it is away and just after: it is not hammered, and not run over when it returns. What is
 * held back has not been sent.
 */
export class CircuitBreaker {
  readonly #timeScale: number;
  readonly #now: () => number;
  #failures = 0;
  #nextAt = 0;
  #probing = false;
  #backSince: number | undefined;

  /** `now` in ms, from any start. */
  constructor(timeScale: number, now: () => number = () => performance.now()) {
    this.#timeScale = timeScale;
    this.#now = now;
  }

  /** Whether a request may leave now; one that may is expected to tell how it ended. */
  mayRequest(): boolean {
    if (this.#away) {
      if (this.#probing || this.#now() < this.#nextAt) return false;
      this.#probing = true;
      return true;
    }
    const perSecond = this.#pace();
    if (perSecond === undefined) return true;
    if (this.#now() < this.#nextAt) return false;
    this.#nextAt = this.#now() + 1_000 / perSecond / this.#timeScale;
    return true;
  }

  answered(): void {
    if (this.#away) {
      this.#backSince = this.#now();
      this.#nextAt = 0;
    }
    this.#failures = 0;
    this.#probing = false;
  }

  failed(): void {
    this.#failures += 1;
    this.#probing = false;
    if (this.#away) this.#nextAt = this.#now() + probeEveryMs / this.#timeScale;
  }

  /** Neither: it was given up from our side. */
  gaveUp(): void {
    this.#probing = false;
  }

  /** Real ms until the next request may leave; 0: now. */
  waitMs(): number {
    return this.#away || this.#pace() !== undefined ? Math.max(0, this.#nextAt - this.#now()) : 0;
  }

  get #away(): boolean {
    return this.#failures >= failuresBelieved;
  }

  /** Requests a second while it comes back; `undefined`: as many as there are. */
  #pace(): number | undefined {
    if (this.#backSince === undefined) return undefined;
    const steps = Math.floor(((this.#now() - this.#backSince) * this.#timeScale) / ramp.everyMs);
    const perSecond = ramp.firstPerSecond * ramp.factor ** steps;
    if (perSecond < ramp.overPerSecond) return perSecond;
    this.#backSince = undefined;
    return undefined;
  }
}

const breakers = new WeakMap<Account, CircuitBreaker>();

export function circuitBreakerOf(account: Account): CircuitBreaker {
  const known = breakers.get(account) ?? new CircuitBreaker(account.timeScale);
  breakers.set(account, known);
  return known;
}

/** The way out to one account's provider, through which nothing leaves that patience holds back. */
export function withCircuitBreaker(account: Account, http: Egress): Egress {
  const patience = circuitBreakerOf(account);
  return {
    ...http,
    request: async (request) => {
      if (!patience.mayRequest())
        throw new EgressError("unsent", "held back: the provider does not answer", { sent: false, code: "HELD_BACK" });
      try {
        const reply = await http.request(request);
        if (reply.status >= 500) patience.failed();
        else patience.answered();
        return reply;
      } catch (error) {
        if (isItsFault(error)) patience.failed();
        else patience.gaveUp();
        throw error;
      }
    },
  };
}

function isItsFault(error: unknown): boolean {
  return error instanceof EgressError && ["unsent", "broken", "timeout"].includes(error.kind);
}

/** What an adapter may use for one question about a task. */
export function callOf(account: Account, ctx: Pick<Context, "http" | "timing">): Call {
  return {
    http: withCircuitBreaker(account, ctx.http),
    baseUrl: account.baseUrl,
    key: account.key.reveal(),
    switches: account.reading.switches,
    timeoutMs: ctx.timing.pollMs,
  };
}
