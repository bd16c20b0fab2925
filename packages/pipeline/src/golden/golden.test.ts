import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type GenerationInput, generationRequest, jobId, type QueueName } from "@reelqueue/contracts";
import { generationId, parseRequest, serializeRequest } from "@reelqueue/ledger";
import { providerNamed, providers } from "@reelqueue/providers";
import { derivedWebhookSecret, deriveKey, Secret } from "@reelqueue/runtime";
import { describe, expect, test } from "vitest";
import { requestHash } from "../accept/request-hash.ts";
import { callbackToken } from "../callback-url.ts";
import { sign } from "../deliver/sign.ts";
import { idempotencyKeyOf } from "../submit/intent.ts";
import { capture, type Sent } from "./test-capture.ts";

/**
 * What an installation stores, what providers and receivers are sent, and what deduplicates. No refactoring may change a byte of it.
 * Never change an expected value: add a case instead, with the value that the code gives it.
 */
interface Values {
  generationIds: { cell: string; tenant: string; key: string; id: string }[];
  requests: { request: GenerationInput; stored: string; packed: string; hash: string }[];
  idempotencyKeys: { generation: string; attempt: number; key: string }[];
  jobIds: { stage: QueueName; generation: string; number: number; id: string }[];
  callbackTokens: { key: string; account?: string; generation: string; attempt: number; token: string }[];
  derivedKeys: { secret: string; purpose: string; key: string }[];
  webhookSecrets: { secret: string; tenant: string; webhookSecret: string }[];
  webhookSignatures: { secret: string; id: string; seconds: number; body: string; signature: string }[];
}

interface WireCase {
  provider: string;
  baseUrl: string;
  request: GenerationInput;
  idempotencyKey: string;
  callbackUrl?: string;
  switches?: Record<string, boolean>;
  sent: Sent;
}

const read = (name: string) => readFileSync(join(import.meta.dirname, name), "utf8");
const values: Values = JSON.parse(read("values.json"));
/** One case in a line. */
const wire: WireCase[] = read("wire.jsonl")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line));

describe("ids, keys and signatures", () => {
  test.each(values.generationIds)("generation id of key $key, tenant $tenant, cell $cell", (sample) => {
    expect(generationId(sample.cell, sample.tenant, sample.key)).toBe(sample.id);
  });

  test.each(values.idempotencyKeys)("idempotency key $key", ({ generation, attempt, key }) => {
    expect(idempotencyKeyOf({ id: generation, attempt })).toBe(key);
  });

  test.each(values.jobIds)("BullMQ job id $id", ({ stage, generation, number, id }) => {
    expect(jobId(stage, { generation, dispatchSeq: number })).toBe(id);
  });

  test.each(values.callbackTokens)("callback token $token", ({ key, token, ...named }) => {
    expect(callbackToken(Buffer.from(key, "hex"), named)).toBe(token);
  });

  test.each(values.derivedKeys)("key for $purpose, derived from $secret", ({ secret, purpose, key }) => {
    expect(deriveKey(new Secret(Buffer.from(secret, "hex")), purpose).toString("hex")).toBe(key);
  });

  test.each(values.webhookSecrets)("webhook secret of tenant $tenant, derived from $secret", (sample) => {
    const secret = new Secret(Buffer.from(sample.secret, "hex"));
    expect(derivedWebhookSecret(secret, sample.tenant)).toBe(sample.webhookSecret);
  });

  test.each(values.webhookSignatures)("webhook signature of $id", ({ secret, id, seconds, body, signature }) => {
    expect(sign({ secret, id, timestamp: new Date(seconds * 1_000), body })).toBe(signature);
  });
});

describe("a request, as it is stored and hashed", () => {
  test.each(values.requests)("$hash: $stored", ({ request, stored, packed, hash }) => {
    const parsed = generationRequest.parse(request);
    expect(serializeRequest(parsed)).toBe(stored);
    expect(requestHash(parsed)).toBe(hash);
    const { idempotencyKey, tenant, batch, account, priority, ...kept } = parsed;
    expect(parseRequest(packed)).toMatchObject(kept);
  });
});

describe("what a provider is sent", () => {
  test.each(wire)("$provider, $idempotencyKey", async ({ provider, request, sent, ...call }) => {
    const { http, requests } = capture(call);
    await providerNamed(provider)?.submit(generationRequest.parse(request), {
      ...call,
      http,
      key: "key-of-the-account",
      dataUri: async (url) => `data:image/png;base64,${Buffer.from(url).toString("base64")}`,
    });
    expect(requests).toEqual([sent]);
  });

  test("every provider and each of its models has a case", () => {
    const covered = new Set(wire.map(({ provider, request: { model = "seedance-2.0" } }) => `${provider} ${model}`));
    const offered = Object.entries(providers).flatMap(([name, { capabilities }]) =>
      Object.keys(capabilities.models).map((model) => `${name} ${model}`),
    );
    expect(offered.filter((each) => !covered.has(each))).toEqual([]);
  });
});
