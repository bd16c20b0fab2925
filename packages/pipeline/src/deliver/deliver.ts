import * as ledger from "@reelqueue/ledger";
import { type DeliveryOutcome, nextTry, deliver as send } from "@reelqueue/webhooks";
import type { Context } from "../context.ts";
import { startLoop, trackInFlight } from "../loops.ts";

export interface DelivererOptions {
  /** Webhooks under way at once in this process, and of one endpoint in all processes. */
  concurrency: number;
  perEndpoint: number;
  maxSleepMs: number;
}

/** Sends webhooks when they are due, until disposed; any number of processes may. */
export interface Deliverer extends AsyncDisposable {
  wake(): void;
}

export function startDeliverer(deps: Context, { concurrency, perEndpoint, maxSleepMs }: DelivererOptions): Deliverer {
  const underWay = trackInFlight(() => loop.wake());
  const loop = startLoop(
    async () => {
      const limit = concurrency - underWay.count();
      if (limit <= 0) return maxSleepMs;
      const wish = { limit, perEndpoint, leaseMs: deps.timing.deliverLeaseMs };
      const { items, lease, nextInMs = maxSleepMs } = await ledger.claimDeliveries(deps.cell, wish);
      for (const item of items) {
        underWay.add(attempt(item, lease, deps), (error) =>
          deps.log.error({ err: error, delivery: item.id }, notRecorded),
        );
      }
      return Math.min(maxSleepMs, nextInMs);
    },
    (error) => deps.log.warn({ err: error }, "the deliverer could not ask Redis; it goes on trying"),
  );
  return {
    wake: loop.wake,
    [Symbol.asyncDispose]: async () => {
      await loop.stop();
      await underWay.ended();
    },
  };
}

const notRecorded = "a webhook try could not be recorded; its lease brings it back";

async function attempt(delivery: ledger.DueDelivery, lease: string, deps: Context): Promise<void> {
  await deps.crashPoint?.("deliver:after-claim", delivery.id);
  const outcome = await send({
    url: delivery.url,
    id: delivery.id,
    body: delivery.body,
    secrets: deps.secrets.webhookSecrets(delivery.tenant),
    egress: deps.http,
    // Redis' clock: a receiver refuses what is signed by one that is minutes off.
    at: new Date(Number(lease) - deps.timing.deliverLeaseMs),
    timeoutMs: deps.timing.deliverLeaseMs / 2,
  });
  await deps.crashPoint?.("deliver:after-send", delivery.id);
  deps.meters.deliveries.inc({ outcome: outcome.kind });
  await ledger.delivered(deps.cell, delivery, lease, verdict(outcome, delivery.tries + 1, deps.random));
  await deps.crashPoint?.("deliver:after-record", delivery.id);
}

function verdict(
  outcome: DeliveryOutcome,
  tries: number,
  random: () => number,
): Parameters<typeof ledger.delivered>[3] {
  switch (outcome.kind) {
    case "delivered":
      return { state: "delivered", note: `${outcome.status} in ${Math.round(outcome.ms)} ms` };
    case "gone":
      return { state: "exhausted", note: "410: the endpoint wants no more" };
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
    ? { state: "exhausted", note: `${note}; the schedule is through` }
    : { state: "pending", nextInMs: Math.max(next.inMs, atLeastMs), note };
}
