import * as ledger from "@reelqueue/ledger";
import type { Context } from "../context.ts";
import { type Loops, startLoop, trackInFlight } from "../loops.ts";
import { type DeliveryOutcome, nextTry, sendWebhook } from "./send.ts";

export interface DelivererOptions {
  /** Webhooks in flight at once: in this process, and of one endpoint in all processes. */
  concurrency: number;
  perEndpoint: number;
  maxSleepMs: number;
}

/** Sends due webhooks until disposed. Any number of processes may run it. */
export function startDeliverer(ctx: Context, { concurrency, perEndpoint, maxSleepMs }: DelivererOptions): Loops {
  const inFlight = trackInFlight(() => loop.wake());
  const tick = async (): Promise<number> => {
    const limit = concurrency - inFlight.count();
    if (limit <= 0) return maxSleepMs;
    const options = { limit, perEndpoint, leaseMs: ctx.timing.deliverLeaseMs };
    const { items, lease, nextInMs = maxSleepMs } = await ledger.claimDeliveries(ctx.cell, options);
    for (const item of items) {
      inFlight.add(attempt(item, lease, ctx), (err) =>
        ctx.log.error({ event: "deliver.not_recorded", err, delivery: item.id }, notRecorded),
      );
    }
    return Math.min(maxSleepMs, nextInMs);
  };
  const loop = startLoop("deliver", tick, ctx);
  return {
    wake: loop.wake,
    [Symbol.asyncDispose]: async () => {
      await loop.stop();
      await inFlight.settled();
    },
  };
}

const notRecorded = "delivery attempt not recorded, its lease makes it due again";

async function attempt(delivery: ledger.DueDelivery, lease: string, ctx: Context): Promise<void> {
  await ctx.crashPoint?.("deliver:after-claim", delivery.id);
  const outcome = await sendWebhook({
    url: delivery.url,
    id: delivery.id,
    body: delivery.body,
    secrets: ctx.secrets.webhookSecrets(delivery.tenant),
    egress: ctx.http,
    // the clock of Redis: a receiver refuses a timestamp that is minutes off
    at: new Date(Number(lease) - ctx.timing.deliverLeaseMs),
    timeoutMs: ctx.timing.deliverLeaseMs / 2,
  });
  await ctx.crashPoint?.("deliver:after-send", delivery.id);
  ctx.meters.deliveries.inc({ outcome: outcome.kind });
  await ledger.delivered(ctx.cell, delivery, lease, deliveryResult(outcome, delivery.tries + 1, ctx.random));
  await ctx.crashPoint?.("deliver:after-record", delivery.id);
}

function deliveryResult(
  outcome: DeliveryOutcome,
  tries: number,
  random: () => number,
): Parameters<typeof ledger.delivered>[3] {
  switch (outcome.kind) {
    case "delivered":
      return { state: "delivered", note: `${outcome.status} in ${Math.round(outcome.ms)} ms` };
    case "gone":
      return { state: "exhausted", note: "410: the endpoint accepts no more events" };
    case "refused":
      return again(`${outcome.status}: ${outcome.message}`, tries, random);
    case "throttled":
      return again(outcome.message, tries, random, outcome.retryAfterMs);
    case "unreachable":
    case "blocked":
      return again(outcome.message, tries, random);
  }
}

function again(
  note: string,
  tries: number,
  random: () => number,
  atLeastMs = 0,
): Parameters<typeof ledger.delivered>[3] {
  const next = nextTry(tries, random);
  return next.kind === "exhausted"
    ? { state: "exhausted", note: `${note}; the last try of the schedule` }
    : { state: "pending", nextInMs: Math.max(next.inMs, atLeastMs), note };
}
