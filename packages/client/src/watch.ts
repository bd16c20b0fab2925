import { setTimeout as after } from "node:timers/promises";
import { type Generation, isResting } from "@reelqueue/contracts";
import { ApiError } from "./api-error.ts";

export interface WatchOptions {
  /** Interval between two requests. Default: 1,000. */
  everyMs?: number;
  /** How long the API may be unavailable before `watch` throws. Default: 60,000. */
  maxOutageMs?: number;
  signal?: AbortSignal;
}

type Get = (id: string, options: { signal?: AbortSignal }) => Promise<Generation>;

export async function* watch(get: Get, id: string, options: WatchOptions = {}): AsyncGenerator<Generation> {
  const { everyMs = 1_000, maxOutageMs = 60_000, signal } = options;
  let last = "";
  let answeredAt = performance.now();
  for (;;) {
    const generation = await get(id, { ...(signal && { signal }) }).catch((error: unknown) => {
      const isOutage = error instanceof ApiError && error.passing && performance.now() - answeredAt < maxOutageMs;
      if (!isOutage) throw error;
    });
    if (generation) {
      answeredAt = performance.now();
      const text = JSON.stringify(generation);
      if (text !== last) yield generation;
      last = text;
      if (isResting(generation.state)) return;
    }
    await after(everyMs, undefined, { ...(signal && { signal }) });
  }
}
