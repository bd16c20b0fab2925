import { eventually } from "@reelqueue/testing";
import { complaintsOfPromtool, startPrometheus, testWith } from "@reelqueue/testing/services";
import { expect } from "vitest";
import { oneOfEach, startTestSystem } from "./system.ts";

testWith("prometheus", "promtool")(
  "Prometheus scrapes the API and every worker, and the counts are those of the bill",
  async () => {
    await using system = await startTestSystem({ apps: oneOfEach });
    await system.startApp("api");
    const urls = Object.fromEntries([...system.apps].map(([name, app]) => [name, app.url]));
    expect(new Set(Object.keys(urls))).toEqual(new Set([...oneOfEach, "api"]));
    await using prometheus = await startPrometheus(urls);

    const inputs = Array.from({ length: 5 }, (_, i) => ({ prompt: `a paper boat ${i}`, account: "hiapi" }));
    await system.waitForRest(await system.enqueue(inputs));
    const { tasks } = await system.bill();
    expect(tasks).toBe(5);

    expect(
      await eventually(
        async () => {
          const up = await prometheus.query("up");
          return Object.values(up).every((value) => value === 1) && Object.keys(up).length === 4 && up;
        },
        { describe: "every process is scraped" },
      ),
    ).toEqual({ submitter: 1, poller: 1, finalizer: 1, api: 1 });
    await eventually(
      async () => {
        const accepted = await prometheus.query('sum by (job) (reelqueue_submits_total{outcome="accepted"})');
        const ended = await prometheus.query('sum by (job) (reelqueue_generations_total{state="succeeded"})');
        return accepted.submitter === tasks && ended.finalizer === tasks;
      },
      { describe: "the counts reach Prometheus" },
    );
    for (const url of Object.values(urls)) {
      const complaints = complaintsOfPromtool(await (await fetch(`${url}/metrics`)).text());
      // prom-client names the metrics of Node.js
      expect(complaints.filter((line) => !line.startsWith("reelqueue_nodejs_"))).toEqual([]);
    }
  },
);
