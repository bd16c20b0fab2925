import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

const prefix = "reelqueue_";

/** The metrics of one process; every name gets the prefix `reelqueue_`. */
export interface Metrics {
  counter<Label extends string = never>(name: string, help: string, labels?: readonly Label[]): Counter<Label>;
  gauge<Label extends string = never>(name: string, help: string, labels?: readonly Label[]): Gauge<Label>;
  histogram<Label extends string = never>(
    name: string,
    help: string,
    bucketsSeconds: number[],
    labels?: readonly Label[],
  ): Histogram<Label>;
  /** All of them in the Prometheus text format. */
  text(): Promise<string>;
  contentType: string;
}

/** Starts with the metrics of Node.js, event-loop delay among them (`reelqueue_nodejs_eventloop_lag_p99_seconds`). */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix });
  const common = (name: string, help: string) => ({
    name: `${prefix}${name}`,
    help,
    registers: [registry],
  });
  return {
    counter: (name, help, labels) => new Counter({ ...common(name, help), labelNames: labels ?? [] }),
    gauge: (name, help, labels) => new Gauge({ ...common(name, help), labelNames: labels ?? [] }),
    histogram: (name, help, buckets, labels) =>
      new Histogram({ ...common(name, help), labelNames: labels ?? [], buckets }),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
