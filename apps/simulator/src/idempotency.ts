import { createHash } from "node:crypto";
import type { Account } from "./accounts.ts";
import { BoundedMap } from "./bounded.ts";
import { type Clock, retryAfterSeconds } from "./clock.ts";
import type { Task } from "./task.ts";

const lifeMs = 24 * 3_600_000;

export type Lookup =
  | { kind: "new" }
  | { kind: "replay"; task: Task }
  | { kind: "mismatch" }
  | { kind: "in-flight"; retryAfterSeconds: number };

interface Entry {
  key: string;
  bodyHash: string;
  task: Task;
  /** Real time until which the first request counts as unanswered. */
  busyUntil: number;
  expiresAt: number;
}

/** The task created under each idempotency key, for one day of provider time. */
export class IdempotencyKeys {
  readonly #entries: BoundedMap<Entry>;
  readonly #clock: Clock;

  constructor(clock: Clock, limit: number) {
    this.#clock = clock;
    this.#entries = new BoundedMap(limit);
  }

  find(account: Account, key: string, raw: string): Lookup {
    const now = this.#clock.now();
    const entry = this.#entries.get(nameOf(account, key));
    if (!entry || entry.expiresAt <= now) return { kind: "new" };
    if (entry.bodyHash !== hashOf(raw)) return { kind: "mismatch" };
    if (entry.busyUntil > now)
      return { kind: "in-flight", retryAfterSeconds: retryAfterSeconds(entry.busyUntil - now) };
    return { kind: "replay", task: entry.task };
  }

  /** `busyMs`: how long the first request counts as unanswered, in provider time. */
  add(account: Account, { key, raw, task, busyMs }: { key: string; raw: string; task: Task; busyMs: number }): void {
    const now = this.#clock.now();
    const [busyUntil, expiresAt] = [now + this.#clock.real(busyMs), now + this.#clock.real(lifeMs)];
    this.#entries.set(nameOf(account, key), { key, bodyHash: hashOf(raw), task, busyUntil, expiresAt });
  }

  /** Adds a key from a snapshot; its first request counts as answered. */
  restore(account: Account, { key, bodyHash }: Pick<Entry, "key" | "bodyHash">, task: Task): void {
    const expiresAt = task.acceptedAt + this.#clock.real(lifeMs);
    this.#entries.set(nameOf(account, key), { key, bodyHash, task, busyUntil: 0, expiresAt });
  }

  all(): MapIterator<Entry> {
    return this.#entries.values();
  }
}

function nameOf(account: Account, key: string): string {
  return `${account.vendor}\u0000${account.key}\u0000${key}`;
}

function hashOf(raw: string): string {
  return createHash("sha256").update(raw).digest("base64");
}
