import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

const prefix = "reelqueue_";

/** The measures of one process; every name gets the prefix `reelqueue_`. */
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
  /** The same as data, to be joined with others'. */
  series(): Promise<object[]>;
  contentType: string;
}

/**
 * Starts with Node's own measures, event-loop delay among them (`reelqueue_nodejs_eventloop_lag_p99_seconds`). Those of one `cell` among several
 * in a process are without them, and each series says which cell it is of.
 */
export function createMetrics({ cell }: { cell?: string } = {}): Metrics {
  const registry = new Registry();
  if (cell === undefined) collectDefaultMetrics({ register: registry, prefix });
  else registry.setDefaultLabels({ cell });
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
    series: () => registry.getMetricsAsJSON(),
    contentType: registry.contentType,
  };
}

/** The text of a process's own measures and of those of its cells, each name once. */
export async function textOf(own: Metrics, cells: readonly Metrics[]): Promise<string> {
  const ofCells = AggregatorRegistry.aggregate(await Promise.all(cells.map((metrics) => metrics.series())));
  return `${await own.text()}\n${await ofCells.metrics()}`;
}
