import { eventSchema } from "@reelqueue/contracts";
import { startReceiver } from "@reelqueue/testing";
import { expect, test } from "vitest";
import { contradictions, startTestSystem } from "./system.ts";

test("webhooks: one signed event for each ending, retried with the same id and bytes until accepted", async () => {
  await using system = await startTestSystem();
  const [secret = ""] = system.installation.secrets.webhookSecrets("default");
  await using receiver = await startReceiver({ secret });
  receiver.answerNext(500, "cut");
  const input = {
    prompt: "a kettle sings",
    resolution: "480p" as const,
    seconds: 4,
    account: "jiekou",
    webhook: receiver.url,
    batch: "b",
    metadata: { order: 7 },
  };
  const ids = await system.enqueue([input, { ...input, prompt: "a kettle sings [[fault:task-moderation]]" }]);
  await system.waitForRest(ids);
  await receiver.arrived(4, 120_000);

  const byId = Map.groupBy(receiver.received, ({ id }) => id);
  expect(byId.size).toBe(2);
  for (const tries of byId.values()) {
    expect(new Set(tries.map(({ body }) => body)).size).toBe(1);
    expect(tries.every(({ verified }) => verified)).toBe(true);
    expect(tries.filter(({ status }) => status === 200)).toHaveLength(1);
  }
  const events = [...byId.values()].map(([first]) => eventSchema.parse(JSON.parse(first?.body ?? "")));
  const succeeded = events.find(({ type }) => type === "generation.succeeded");
  const failed = events.find(({ type }) => type === "generation.failed");
  expect(succeeded?.data).toMatchObject({
    id: ids[0],
    batch: "b",
    metadata: { order: 7 },
    outputs: [{ kind: "video" }],
  });
  expect(failed?.data).toMatchObject({ id: ids[1], failure: { class: "moderation" }, outputs: [] });
  expect(await contradictions(system)).toEqual([]);
});
