import { createServer } from "node:http";
import { type Account, openContext, providerClock, startPoller } from "@reelqueue/pipeline";
import { readEnv } from "@reelqueue/poller/env";
import { createLogger, run } from "@reelqueue/runtime";
import { lateness } from "../poll/lateness.ts";

/**
 * The real poll loop over tasks that never end, each due again after the same interval; records how late each poll
 * begins.
 */
const env = readEnv();
const intervalMs = Number(process.env.INTERVAL_MS);
const log = createLogger({ name: "poller", level: "warn" });
/** Run times so long that every wait is the longest one, a minute of the provider. */
const endless = { of: () => ({ mu: Math.log(1e12), sigma: 0.02 }), load: async () => {}, record: async () => {} };
const clock = providerClock(60_000 / Math.max(intervalMs, 1e-6));

await run(
  async (scope) => {
    const installation = await openContext(scope, { ...env, role: "worker", log });
    const late = await lateness(installation.cell, intervalMs);
    const accounts = new Map(
      [...installation.accounts].map(([name, account]) => [name, withoutDeadline(account, late.watch)]),
    );
    const steady = { ...installation, accounts, runTimes: endless, random: () => 0.5 };
    scope.use(startPoller(steady, { concurrency: env.concurrency, maxSleepMs: 250 }));
    createServer((request, response) => {
      if (request.url === "/reset") late.reset();
      response.end(JSON.stringify(late.quantiles()));
    }).listen(Number(process.env.PORT), "127.0.0.1");
  },
  { log },
);

function withoutDeadline(
  account: Account,
  watch: (poll: Account["provider"]["poll"]) => Account["provider"]["poll"],
): Account {
  const { provider } = account;
  const longestRunMs = { ...provider.capabilities.longestRunMs, value: Number.POSITIVE_INFINITY };
  const capabilities = { ...provider.capabilities, longestRunMs };
  return { ...account, clock, provider: { ...provider, capabilities, poll: watch(provider.poll) } };
}
