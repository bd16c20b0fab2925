import { config } from "@reelqueue/contracts";
import { providerNamed } from "@reelqueue/providers";
import { Secret } from "@reelqueue/runtime";
import { expect, test } from "vitest";
import { openAccounts } from "./accounts.ts";

function opened(accounts: Record<string, object>) {
  const settings = config.parse({
    accounts: Object.fromEntries(Object.entries(accounts).map(([name, each]) => [name, { keyEnv: "KEY", ...each }])),
  });
  const resolved = Object.entries(settings.accounts).map(
    ([name, account]) => [name, { ...account, name, key: new Secret("k") }] as const,
  );
  return openAccounts(new Map(resolved), settings, providerNamed);
}

test("openAccounts: one message names every unknown provider, price and switch", () => {
  const open = () =>
    opened({
      a: { provider: "hi-api" },
      b: { provider: "hiapi", pricesPerSecond: { "seedance/720p": 1 }, switches: { fast: true } },
      c: { provider: "ark", pricesPerSecond: { "seedance-2.0/720p": 1 } },
    });
  expect(open).toThrow(
    expect.objectContaining({
      name: "StartError",
      message: expect.stringMatching(
        /^account "a": there is no provider "hi-api".*\naccount "b": pricesPerSecond has no "seedance\/720p".*\naccount "b": switches has no "fast".*\naccount "c": pricesPerSecond has no effect/,
      ),
    }),
  );
});
