import type { Installation } from "@reelqueue/pipeline";
import { afterAll, beforeAll, expect, test } from "vitest";
import { everyMeans, explore, mostWithoutRule, requiredRules } from "./explore.ts";
import { openInstallation } from "./installation.ts";

const scope = new AsyncDisposableStack();
let installation: Installation;
beforeAll(async () => {
  installation = await openInstallation(scope);
});
afterAll(() => scope.disposeAsync());

const sequences = Number(process.env.PROTOCOL_SEQUENCES ?? 100);
const seed = Number(process.env.PROTOCOL_SEED ?? 3);

test.each(everyMeans)(
  "submit protocol, a provider with %s: no order of events pays twice, forgets a paid task or gets stuck",
  async (means) => {
    expect(await explore(installation, { means, sequences, seed })).toEqual({ sequences });
  },
  300_000,
);

test.each(requiredRules)(
  "submit protocol, without %s at a provider with %s: some order of events breaks a promise",
  async (without, means) => {
    const { violation } = await explore(installation, { means, without, sequences: mostWithoutRule, seed });
    expect(violation).toMatch(/paid for twice|forgotten|does not know the task/);
  },
  300_000,
);
