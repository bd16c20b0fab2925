import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "@reelqueue/system";
import { startProcess } from "@reelqueue/system/testing";
import { pathOf } from "./needs.ts";

export interface Prometheus extends AsyncDisposable {
  /** The values of a PromQL expression at this moment, by the label `job`. */
  query(expression: string): Promise<Record<string, number>>;
}

/** Starts a Prometheus that scrapes `/metrics` of each URL every 500 ms; the names are the values of the label `job`. */
export async function startPrometheus(urls: Record<string, string>): Promise<Prometheus> {
  const home = mkdtempSync(join(tmpdir(), "reelqueue-prometheus-"));
  const jobs = Object.entries(urls).map(([name, url]) => ({
    job_name: name,
    static_configs: [{ targets: [new URL(url).host] }],
  }));
  // JSON is YAML
  const config = { global: { scrape_interval: "500ms", scrape_timeout: "500ms" }, scrape_configs: jobs };
  writeFileSync(join(home, "prometheus.yml"), JSON.stringify(config));
  const address = `127.0.0.1:${await freePort()}`;
  const running = startProcess({
    name: "prometheus",
    command: pathOf("prometheus") ?? "prometheus",
    args: [
      `--config.file=${home}/prometheus.yml`,
      `--storage.tsdb.path=${home}/data`,
      `--web.listen-address=${address}`,
    ],
    env: process.env,
    log: join(home, "prometheus.log"),
    ready: async () => (await fetch(`http://${address}/-/ready`)).ok,
    endsWithUs: true,
  });
  await running.ready();
  return {
    query: async (expression) => {
      const answer = await fetch(`http://${address}/api/v1/query?query=${encodeURIComponent(expression)}`);
      const { data } = (await answer.json()) as { data: { result: Sample[] } };
      return Object.fromEntries(data.result.map(({ metric, value }) => [metric.job ?? "", Number(value[1])]));
    },
    [Symbol.asyncDispose]: async () => {
      await running.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

interface Sample {
  metric: { job?: string };
  value: [seconds: number, text: string];
}

/** The complaints of `promtool check metrics` about a text that a process serves, one a line. */
export function complaintsOfPromtool(metrics: string): string[] {
  const { stdout, stderr, error } = spawnSync(pathOf("promtool") ?? "promtool", ["check", "metrics"], {
    input: metrics,
    encoding: "utf8",
  });
  if (error) throw error;
  return `${stdout}${stderr}`.split("\n").filter((line) => line !== "");
}
