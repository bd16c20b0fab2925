import { setTimeout as after } from "node:timers/promises";
import { ApiError, type Client } from "@reelqueue/client";
import type { AccountView, BatchView, Generation } from "@reelqueue/contracts";
import { isMissing } from "../api.ts";
import type { Screen } from "./screen.ts";

interface FollowOptions {
  client: Client;
  batch: string;
  /** Line of each followed generation. */
  lines: ReadonlyMap<string, number>;
  screen: Screen;
  signal: AbortSignal;
}

const pollMs = 500;
/** The longest outage of the API that is bridged. */
const maxOutageMs = 300_000;

/** Shows the batch's progress until its only live generations are in `needs_review`; returns those of the file. */
export async function follow(options: FollowOptions): Promise<Generation[]> {
  const { client, batch, screen, signal } = options;
  const startedAt = performance.now();
  let answeredAt = startedAt;
  for (;;) {
    try {
      const [view, accounts] = await Promise.all([batchOf(client, batch, signal), client.accounts({ signal })]);
      answeredAt = performance.now();
      const seconds = (answeredAt - startedAt) / 1_000;
      screen.show([progressLine(view, seconds), ...accounts.flatMap(waitLine)]);
      if (view.live <= (view.counts.needs_review ?? 0)) return await collect(options);
    } catch (error) {
      if (!(error instanceof ApiError && error.passing) || performance.now() - answeredAt > maxOutageMs) throw error;
      screen.show(["  The API does not answer; the workers continue. Waiting for it …"]);
    }
    await after(pollMs, undefined, { signal });
  }
}

async function batchOf(client: Client, name: string, signal: AbortSignal): Promise<BatchView> {
  return client.batch(name, { signal }).catch((error: unknown) => {
    // every row was enqueued before, in another batch
    if (isMissing(error)) return { name, tenant: "", total: 0, live: 0, counts: {} };
    throw error;
  });
}

/** The generations of the file only: the batch may contain others. */
async function collect({ client, batch, lines, signal }: FollowOptions): Promise<Generation[]> {
  const found: Generation[] = [];
  const missing = new Set(lines.keys());
  for await (const generation of client.listAll({ batch }, { signal })) {
    if (missing.delete(generation.id)) found.push(generation);
  }
  for (const id of missing) {
    let last: Generation | undefined;
    for await (const generation of client.watch(id, { signal })) last = generation;
    if (last) found.push(last);
  }
  return found.sort((a, b) => (lines.get(a.id) ?? 0) - (lines.get(b.id) ?? 0));
}

/** The progress of a batch in one line. */
export function progressLine({ counts, total }: BatchView, seconds: number): string {
  const { queued = 0, preparing = 0, submitting = 0, running = 0, unknown = 0, finalizing = 0 } = counts;
  const { succeeded = 0, failed = 0, canceled = 0, expired = 0, needs_review = 0 } = counts;
  const parts: [number, string][] = [
    [failed, "failed"],
    [canceled, "canceled"],
    [expired, "expired"],
    [needs_review, "need a review"],
    [finalizing, "being stored"],
    [submitting + running + unknown, "running"],
    [queued + preparing, "waiting"],
  ];
  const texts = parts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  return `  ${[`${succeeded} of ${total} done`, ...texts].join(" · ")}   ${Math.floor(seconds)} s`;
}

function waitLine({ name, waiting, reason }: AccountView): string[] {
  return waiting > 0 ? [`    ${name}: ${waiting} waiting, ${reason ?? "next in line"}`] : [];
}
