import { type GenerationRequest, imageRoles } from "@reelqueue/contracts";
import { createEgress } from "@reelqueue/egress";
import { type Call, type PollResult, type Provider, problemsOf, providers, type Reading } from "@reelqueue/providers";
import { startSimulator } from "@reelqueue/simulator";
import { simulatorBaseUrl } from "@reelqueue/system/testing";
import { simulatorAt } from "@reelqueue/testing";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { offeredRequests } from "./arbitrary-requests.ts";
import { type OddId, startRenamingProxy } from "./renaming-proxy.ts";

const http = createEgress();
afterAll(() => http.close());

const reading: Reading = { switches: {}, pricesPerSecond: {} };
const callTo = (url: string, name: string): Call => ({ http, baseUrl: simulatorBaseUrl(url, name), key: "k" });

test.each(Object.entries(providers))(
  "%s: every field of an accepted request arrives unchanged and the result is complete",
  async (name, provider) => {
    await using simulator = await startSimulator({
      limits: "off",
      finishAfterPolls: 1,
      outputs: "tiny",
      keepRequests: true,
    });
    const call = callTo(simulator.url, name);
    const accepted = offeredRequests(provider.capabilities).filter((request) => isAccepted(provider, request));
    await fc.assert(
      fc.asyncProperty(accepted, async (request) => {
        const id = await submit(provider, request, call);
        const { request: received, model } = await newestTask(simulator.url, id);
        const expected = expectedFields(expressible(provider, request));
        expect(pick(received, expected)).toEqual(expected);
        expect(model).toBe(provider.capabilities.models[request.model]?.upstream);
        expectComplete(await provider.poll(id, call), request, received.seconds);
      }),
      { numRuns: 100, seed: 1 },
    );
  },
);

/** Digits beyond the range of a number, reserved characters, or the maximum length. */
const digits = fc.stringMatching(/^[1-9][0-9]{16,40}$/);
const asText = (plain: string): OddId => ({ plain, json: JSON.stringify(plain) });
const oddIds: fc.Arbitrary<OddId> = fc.oneof(
  digits.map(asText),
  digits.map((plain) => ({ plain, json: plain })),
  fc.string({ unit: "binary", minLength: 1, maxLength: 256 }).filter(isUsable).map(asText),
  fc
    .string({ unit: fc.constantFrom(..."/?#%&=+ .:\\\"'é字🐸"), minLength: 1, maxLength: 60 })
    .filter(isUsable)
    .map(asText),
  fc.string({ minLength: 256, maxLength: 256 }).map(asText),
);

test.each(Object.entries(providers))(
  "%s: task ids are kept byte for byte in both directions",
  async (name, provider) => {
    await using simulator = await startSimulator({ limits: "off", finishAfterPolls: 1, outputs: "tiny" });
    let next = asText("none");
    await using proxy = await startRenamingProxy(simulator.url, () => next);
    const call = callTo(proxy.url, name);
    const [request] = fc.sample(
      offeredRequests(provider.capabilities).filter((one) => isAccepted(provider, one)),
      { numRuns: 1, seed: 1 },
    );
    if (!request) throw new Error("no request");
    await fc.assert(
      fc.asyncProperty(oddIds, async (id) => {
        next = id;
        expect(await submit(provider, request, call)).toBe(id.plain);
        expect(await provider.poll(id.plain, call)).toMatchObject({ kind: "succeeded" });
      }),
      { numRuns: 100, seed: 1 },
    );
  },
);

function isUsable(id: string): boolean {
  return id.length <= 256 && id !== "." && id !== "..";
}

function isAccepted(provider: Provider, request: GenerationRequest): boolean {
  return problemsOf(provider.rules, request, reading).every(({ severity }) => severity === "warning");
}

/** ToAPIs' mini cannot switch its audio off: the field is left out with a warning. */
function expressible(provider: Provider, request: GenerationRequest): GenerationRequest {
  const isWarned = problemsOf(provider.rules, request, reading).some(({ rule }) => rule === "T-V9b");
  return isWarned ? { ...request, generateAudio: undefined } : request;
}

let submits = 0;

async function submit(provider: Provider, request: GenerationRequest, call: Call): Promise<string> {
  submits += 1;
  const dataUri = () => Promise.reject(new Error("no media store"));
  const outcome = await provider.submit(request, { ...call, idempotencyKey: `request-${submits}`, dataUri });
  if (outcome.kind !== "accepted") throw new Error(JSON.stringify(outcome));
  return outcome.taskId;
}

async function newestTask(url: string, id: string): Promise<{ model: string; request: Record<string, unknown> }> {
  const { model, request } = (await simulatorAt(url).tasks(1)).find((one) => one.id === id) ?? {};
  if (model === undefined || request === undefined) throw new Error(`the simulator has no task ${id}`);
  return { model, request };
}

/** The fields of the request, with the simulator's names; fields left out are chosen by the provider. */
function expectedFields(request: GenerationRequest): Record<string, unknown> {
  const { prompt, seconds, resolution, ratio, seed, generateAudio, watermark, webSearch, returnLastFrame } = request;
  const [first, last, images] = imageRoles.map((role) =>
    request.images.filter((image) => image.role === role).map(({ url }) => url),
  );
  const [videos, audios] = [request.videos, request.audios].map((list) => list.map(({ url }) => url));
  const frames = { ...(first?.[0] && { firstFrame: first[0] }), ...(last?.[0] && { lastFrame: last[0] }) };
  const flags = { generateAudio, watermark, webSearch, returnLastFrame, safetyCheck: request.safetyCheck };
  const all = { prompt, seconds, resolution, ratio, seed, ...flags, media: { ...frames, images, videos, audios } };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** Flags that are off by default at every provider. */
const defaults = { watermark: false, webSearch: false, returnLastFrame: false, safetyCheck: false };

function pick(from: Record<string, unknown>, like: Record<string, unknown>): Record<string, unknown> {
  const understood: Record<string, unknown> = { ...defaults, ...from };
  return Object.fromEntries(Object.keys(like).map((name) => [name, understood[name]]));
}

/**
 * Expects a video, a last frame exactly when requested, the lifetimes of the URLs, and the usage where the provider
 * reports it.
 */
function expectComplete(
  result: PollResult,
  { returnLastFrame = false, webSearch }: GenerationRequest,
  seconds: unknown,
): void {
  if (result.kind !== "succeeded") throw new Error(JSON.stringify(result));
  const { outputs, usage = {} } = result;
  expect(outputs.map(({ kind }) => kind)).toEqual(returnLastFrame ? ["video", "last_frame"] : ["video"]);
  for (const { url, life } of outputs) {
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/files\//);
    expect(life).toBeDefined();
  }
  if (usage.tokens !== undefined) expect(usage.tokens).toBeGreaterThan(10_000);
  if (usage.seconds !== undefined) expect(usage.seconds).toBe(seconds);
  if (usage.webSearches !== undefined) expect(webSearch).toBe(true);
}
