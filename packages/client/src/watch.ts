import { setTimeout as after } from "node:timers/promises";
import { type Generation, isResting } from "@reelqueue/contracts";
import { ApiError } from "./api-error.ts";

export interface WatchOptions {
  /** How often it is looked at; 1,000 if left out. */
  everyMs?: number;
  /** How long the API may be away before it is an error; 60,000 if left out. */
  patienceMs?: number;
  signal?: AbortSignal;
}

type Get = (id: string, options: { signal?: AbortSignal }) => Promise<Generation>;

export async function* watch(get: Get, id: string, options: WatchOptions = {}): AsyncGenerator<Generation> {
  const { everyMs = 1_000, patienceMs = 60_000, signal } = options;
  let last = "";
  let answeredAt = performance.now();
  for (;;) {
    const generation = await get(id, { ...(signal && { signal }) }).catch((error: unknown) => {
      const wait = error instanceof ApiError && error.passing && performance.now() - answeredAt < patienceMs;
      if (!wait) throw error;
    });
    if (generation) {
      answeredAt = performance.now();
      const seen = JSON.stringify(generation);
      if (seen !== last) yield generation;
      last = seen;
      if (isResting(generation.state)) return;
    }
    await after(everyMs, undefined, { ...(signal && { signal }) });
  }
}
