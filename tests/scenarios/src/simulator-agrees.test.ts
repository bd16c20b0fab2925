import type { GenerationRequest, Problem } from "@reelqueue/contracts";
import { createEgress } from "@reelqueue/egress";
import { type Provider, problemsOf, providers, type SubmitResult } from "@reelqueue/providers";
import { type SimulatorOptions, startSimulator } from "@reelqueue/simulator";
import { simulatorBaseUrl } from "@reelqueue/system/testing";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { requestsFor } from "./arbitrary-requests.ts";

/**
 * Rules on values that are never sent to the provider, so that it cannot refuse them. With a field: for that field
 * only.
 */
const neverSent: Readonly<Record<string, readonly string[]>> = {
  // G-V4: HiAPI accepts data URIs of any form; the common request only Base64.
  hiapi: ["G-V1", "G-V3", "G-V4", "G-V6"],
  jiekou: ["G-V1", "G-V3", "G-V6"],
  toapis: ["G-V3", "T-V9 generateAudio", "T-V9 returnLastFrame"],
  xingchao: ["G-V3", "G-V6", "G-V8", "X-V14"],
  ark: ["G-V3"],
};

/** One reading of the documentation: settings of the account and of the simulator. */
interface Reading {
  of: SimulatorOptions["reading"] & string;
  switches: Record<string, boolean>;
  refuses(problem: Problem): boolean;
}

const errors = ({ severity }: Problem) => severity === "error";
const asProvided: Reading = { of: "seed", switches: {}, refuses: errors };
const strictly: Reading = {
  of: "strict",
  switches: { framesBesideReferencesRefused: true },
  // Inferred rules too, but G-V7, which no provider checks; T-V3 is the narrower side of a page that contradicts
  // itself.
  refuses: (problem) =>
    errors(problem) || (problem.label === "INFERRED" && problem.rule !== "G-V7") || problem.rule === "T-V3",
};
const newer: Reading = { of: "newer", switches: { miniAsTheOthers: true, adaptiveRatio: true }, refuses: errors };
const underReview: Reading = { of: "seed", switches: { privateAssetReview: true }, refuses: errors };

const http = createEgress();
afterAll(() => http.close());

const names = Object.keys(providers);
const cases: [name: string, how: string, count: number, reading: Reading][] = [
  ...names.map((name): [string, string, number, Reading] => [name, "as provided", 1_500, asProvided]),
  ...names.map((name): [string, string, number, Reading] => [name, "strictly", 600, strictly]),
  ["toapis", "by the newer page", 400, newer],
  ["toapis", "with its media under review", 400, underReview],
];

test.each(cases)(
  "%s, read %s: the simulator refuses exactly the requests that our rules refuse",
  async (name, _how, count, reading) => {
    const provider = providers[name];
    if (!provider) throw new Error(`no provider ${name}`);
    await using simulator = await startSimulator({ limits: "off", reading: reading.of, outputs: "tiny" });
    const all = fc.sample(requestsFor(provider.capabilities), { numRuns: count, seed: 1 });
    const sent = all.flatMap((request) => withBrokenRules(provider, request, reading) ?? []);
    const answers = await submitAll(
      provider,
      simulatorBaseUrl(simulator.url, name),
      sent.map(({ request }) => request),
      reading,
    );
    const differences = sent.flatMap(({ request, broken }, at) => {
      const answer = answers[at];
      const agreed = broken.length > 0 ? answer?.kind === "rejected" : answer?.kind === "accepted";
      return agreed ? [] : [{ ours: broken, simulated: answer, request }];
    });
    expect(shortest(differences)).toEqual([]);
    const refused = sent.filter(({ broken }) => broken.length > 0).length;
    expect(sent.length, "requests sent").toBeGreaterThan(count / 2);
    expect(Math.min(refused, sent.length - refused), "the rarer outcome").toBeGreaterThan(count / 12);
  },
);

/** The request with the rules that it breaks; undefined where one of them is never sent to the provider. */
function withBrokenRules(provider: Provider, request: GenerationRequest, { switches, refuses }: Reading) {
  const problems = problemsOf(provider.rules, request, { switches, pricesPerSecond: {} }).filter(refuses);
  const unseen = neverSent[provider.capabilities.name] ?? [];
  if (problems.some(({ rule, field }) => unseen.includes(rule) || unseen.includes(`${rule} ${field}`)))
    return undefined;
  return { request, broken: problems.map(({ rule }) => rule) };
}

async function submitAll(
  provider: Provider,
  baseUrl: string,
  requests: readonly GenerationRequest[],
  { switches }: Reading,
): Promise<SubmitResult[]> {
  const answers: SubmitResult[] = [];
  let next = 0;
  const work = async () => {
    for (let at = next++; at < requests.length; at = next++) {
      const request = requests[at];
      if (!request) return;
      const call = {
        http,
        baseUrl,
        key: "k",
        switches,
        idempotencyKey: `request-${at}`,
        dataUri: async (url: string) => url,
      };
      answers[at] = await provider.submit(request, call);
    }
  };
  await Promise.all(Array.from({ length: 16 }, work));
  return answers;
}

/** The shortest difference of each kind. */
function shortest<
  T extends { ours: readonly string[]; simulated: SubmitResult | undefined; request: GenerationRequest },
>(differences: T[]) {
  const kinds = new Map<string, T>();
  const length = ({ request }: T) => JSON.stringify(request).length;
  for (const difference of differences) {
    const { ours, simulated } = difference;
    const kind =
      `${[...new Set(ours)].sort()} ${simulated?.kind === "rejected" ? simulated.failure.message : simulated?.kind}`.replace(
        /\d+/g,
        "n",
      );
    const known = kinds.get(kind);
    if (!known || length(difference) < length(known)) kinds.set(kind, difference);
  }
  return [...kinds].map(([kind, { request }]) => `${kind}: ${JSON.stringify(request)}`);
}
