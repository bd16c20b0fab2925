import { createHash } from "node:crypto";
import { type Account, nameWithin } from "./accounts.ts";
import { type Clock, retryAfterSeconds } from "./clock.ts";
import { BoundedMap } from "./maps.ts";
import type { Task } from "./task.ts";
import type { Refusal } from "./vendor.ts";

const lifeMs = 24 * 3_600_000;

interface Entry {
  task: Task;
  key: string;
  bodyHash: string;
  /** How long the first request counts as unanswered, in provider time. */
  busyMs?: number;
}

/** The task created under each idempotency key, for one day of provider time. */
export class IdempotencyKeys {
  readonly #entries: BoundedMap<Entry>;
  readonly #clock: Clock;

  constructor(clock: Clock, limit: number) {
    this.#clock = clock;
    this.#entries = new BoundedMap(limit);
  }

  /** The task to replay, or why the request is refused; undefined if the key is new. */
  find(account: Account, key: string, raw: string): Task | Refusal | undefined {
    const entry = this.#entries.get(nameWithin(account, key));
    if (!entry) return undefined;
    const { task, bodyHash, busyMs = 0 } = entry;
    const leftMs = (providerMs: number) => task.acceptedAt + this.#clock.real(providerMs) - this.#clock.now();
    if (leftMs(lifeMs) <= 0) return undefined;
    if (bodyHash !== hashOf(raw)) return { kind: "key-mismatch" };
    const busyLeftMs = leftMs(busyMs);
    return busyLeftMs > 0 ? { kind: "key-in-flight", retryAfterSeconds: retryAfterSeconds(busyLeftMs) } : task;
  }

  add(entry: Entry): void {
    this.#entries.set(nameWithin(entry.task.account, entry.key), entry);
  }

  all(): MapIterator<Entry> {
    return this.#entries.values();
  }
}

export function hashOf(raw: string): string {
  return createHash("sha256").update(raw).digest("base64");
}
