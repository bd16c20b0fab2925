import { type Egress, EgressError } from "@reelqueue/egress";
import type { Call } from "@reelqueue/providers";
import type { Account, ProviderClock } from "./accounts.ts";
import type { Context } from "./context.ts";

/** After this many requests in a row without a usable answer the provider counts as down. */
const failuresUntilDown = 5;
/** While the provider is down, one probe request is let through in this time (provider's ms). */
const probeEveryMs = 15_000;
/** After recovery: 1 request a second, times 1.5 every 10 s, until 100 a second; then no limit. */
const ramp = { firstPerSecond: 1, factor: 1.5, everyMs: 10_000, overPerSecond: 100 } as const;

/**
 * Limits the requests of one account while its provider is down, and just after. A request that is held back has not
 * been sent.
 */
export class CircuitBreaker {
  readonly #clock: ProviderClock;
  readonly #now: () => number;
  #failures = 0;
  #nextAt = 0;
  #probing = false;
  #lastFailure = "";
  #recoveredAt: number | undefined;

  /** `now` in ms, from any start. */
  constructor(clock: ProviderClock, now: () => number = () => performance.now()) {
    this.#clock = clock;
    this.#now = now;
  }

  /** Whether a request may be sent now. If true, the caller reports `answered`, `failed` or `abandoned`. */
  mayRequest(): boolean {
    if (this.#isDown) {
      if (this.#probing || this.#now() < this.#nextAt) return false;
      this.#probing = true;
      return true;
    }
    const perSecond = this.#rampPerSecond();
    if (perSecond === undefined) return true;
    if (this.#now() < this.#nextAt) return false;
    this.#nextAt = this.#now() + this.#clock.toRealMs(1_000 / perSecond);
    return true;
  }

  answered(): void {
    if (this.#isDown) {
      this.#recoveredAt = this.#now();
      this.#nextAt = 0;
    }
    this.#failures = 0;
    this.#probing = false;
  }

  /** `what`: what the provider did, for example `cannot be reached (getaddrinfo ENOTFOUND)`. */
  failed(what: string): void {
    this.#lastFailure = what;
    this.#failures += 1;
    this.#probing = false;
    if (this.#isDown) this.#nextAt = this.#now() + this.#clock.toRealMs(probeEveryMs);
  }

  /** Reports a request that ended on this side, which says nothing about the provider. */
  abandoned(): void {
    this.#probing = false;
  }

  /** Real ms until the next request may be sent; 0: now. */
  waitMs(): number {
    return this.#isDown || this.#rampPerSecond() !== undefined ? Math.max(0, this.#nextAt - this.#now()) : 0;
  }

  /** Why requests are held back, in one phrase. */
  get reason(): string {
    return this.#isDown
      ? `the provider ${this.#lastFailure}`
      : "the provider answers again, and gets more requests step by step";
  }

  get #isDown(): boolean {
    return this.#failures >= failuresUntilDown;
  }

  /** Requests a second after recovery; `undefined`: no limit. */
  #rampPerSecond(): number | undefined {
    if (this.#recoveredAt === undefined) return undefined;
    const steps = Math.floor(this.#clock.toProviderMs(this.#now() - this.#recoveredAt) / ramp.everyMs);
    const perSecond = ramp.firstPerSecond * ramp.factor ** steps;
    if (perSecond < ramp.overPerSecond) return perSecond;
    this.#recoveredAt = undefined;
    return undefined;
  }
}

const breakers = new WeakMap<Account, CircuitBreaker>();

export function circuitBreakerOf(account: Account): CircuitBreaker {
  const known = breakers.get(account) ?? new CircuitBreaker(account.clock);
  breakers.set(account, known);
  return known;
}

/**
 * An egress to one account's provider. Rejects with EgressError `unsent` while the circuit breaker holds requests back.
 */
export function withCircuitBreaker(account: Account, http: Egress): Egress {
  const breaker = circuitBreakerOf(account);
  return {
    ...http,
    request: async (request) => {
      if (!breaker.mayRequest())
        throw new EgressError("unsent", "held back: the provider does not answer", { sent: false, code: "HELD_BACK" });
      try {
        const reply = await http.request(request);
        if (reply.status >= 500) breaker.failed(`answers with HTTP ${reply.status}`);
        else breaker.answered();
        return reply;
      } catch (error) {
        if (isProviderFault(error)) breaker.failed(`cannot be reached (${error.message})`);
        else breaker.abandoned();
        throw error;
      }
    },
  };
}

function isProviderFault(error: unknown): error is EgressError {
  return error instanceof EgressError && ["unsent", "broken", "timeout"].includes(error.kind);
}

/** The call options of one request about a task. */
export function callOf(account: Account, ctx: Pick<Context, "http" | "timing">): Call {
  return {
    http: withCircuitBreaker(account, ctx.http),
    baseUrl: account.baseUrl,
    key: account.key.reveal(),
    switches: account.reading.switches,
    timeoutMs: ctx.timing.pollMs,
  };
}
