import type { Metrics } from "@reelqueue/runtime";

/** What is counted of the stages, under /metrics. */
export function createMeters(metrics: Metrics) {
  return {
    submits: metrics.counter("submits_total", "POSTs by outcome", ["account", "outcome"]),
    polls: metrics.counter("polls_total", "Looks at tasks by answer", ["account", "answer"]),
    unknownStatuses: metrics.counter("unknown_statuses_total", "Statuses that a provider's documents do not name", [
      "account",
    ]),
    ends: metrics.counter("generations_total", "Generations that came to rest", ["account", "state"]),
    outputBytes: metrics.counter("output_bytes_total", "Bytes of outputs kept"),
    deliveries: metrics.counter("deliveries_total", "Webhook tries by outcome", ["outcome"]),
    alarms: metrics.counter("alarms_total", "Things that a person should look at", ["kind"]),
  };
}

export type Meters = ReturnType<typeof createMeters>;
