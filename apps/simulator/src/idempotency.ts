import { createHash } from "node:crypto";
import { type Clock, retryAfterSeconds } from "./clock.ts";
import type { Account } from "./limits.ts";
import { Recent } from "./recent.ts";
import type { Task } from "./tasks.ts";

const lifeMs = 24 * 3_600_000;

export type Repeat =
  | { kind: "new" }
  | { kind: "replay"; task: Task }
  | { kind: "mismatch" }
  | { kind: "in-flight"; retryAfterSeconds: number };

interface Entry {
  key: string;
  bodyHash: string;
  task: Task;
  /** Until then the first request is still being answered. */
  busyUntil: number;
  expiresAt: number;
}

/** Remembers which task a client's key made, for a provider's day. */
export class IdempotencyKeys {
  readonly #entries: Recent<Entry>;
  readonly #clock: Clock;

  constructor(clock: Clock, limit: number) {
    this.#clock = clock;
    this.#entries = new Recent(limit);
  }

  find(account: Account, key: string, raw: string): Repeat {
    const now = this.#clock.now();
    const entry = this.#entries.get(nameOf(account, key));
    if (!entry || entry.expiresAt <= now) return { kind: "new" };
    if (entry.bodyHash !== hashOf(raw)) return { kind: "mismatch" };
    if (entry.busyUntil > now)
      return { kind: "in-flight", retryAfterSeconds: retryAfterSeconds(entry.busyUntil - now) };
    return { kind: "replay", task: entry.task };
  }

  /** `busyMs`: for how much of the provider's time the first answer is still under way. */
  keep(account: Account, key: string, raw: string, task: Task, busyMs: number): void {
    const now = this.#clock.now();
    const [busyUntil, expiresAt] = [now + this.#clock.real(busyMs), now + this.#clock.real(lifeMs)];
    this.#entries.set(nameOf(account, key), { key, bodyHash: hashOf(raw), task, busyUntil, expiresAt });
  }

  /** Remembers a key that another simulator has kept for a task; its request is answered. */
  restore(account: Account, { key, bodyHash }: Pick<Entry, "key" | "bodyHash">, task: Task): void {
    const expiresAt = task.acceptedAt + this.#clock.real(lifeMs);
    this.#entries.set(nameOf(account, key), { key, bodyHash, task, busyUntil: 0, expiresAt });
  }

  all(): MapIterator<Entry> {
    return this.#entries.values();
  }

  clear(): void {
    this.#entries.clear();
  }
}

function nameOf(account: Account, key: string): string {
  return `${account.dialect}\u0000${account.key}\u0000${key}`;
}

function hashOf(raw: string): string {
  return createHash("sha256").update(raw).digest("base64");
}
