import { readFileSync } from "node:fs";
import { eventSchema } from "@reelqueue/contracts";
import { expect, test } from "vitest";
import { newSecret, sign } from "./sign.ts";

const page = readFileSync(new URL("../../../../docs/webhooks.md", import.meta.url), "utf8");
const block = (language: string) => page.match(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``))?.[1] ?? "";

test("the example in docs/webhooks.md is an event", () => {
  expect(eventSchema.safeParse(JSON.parse(block("json"))).error).toBeUndefined();
});

test("the snippet in docs/webhooks.md accepts a signed event and refuses an altered one", async () => {
  const library = import.meta.resolve("standardwebhooks");
  const code = block("js").replace('"standardwebhooks"', JSON.stringify(library));
  const { verified } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
    verified: (secret: string, body: string, headers: Record<string, string>) => unknown;
  };
  const secret = newSecret();
  const timestamp = new Date();
  const body = JSON.stringify(JSON.parse(block("json")));
  const headers = {
    "webhook-id": "msg_reel_1",
    "webhook-timestamp": String(Math.floor(timestamp.getTime() / 1_000)),
    "webhook-signature": sign({ secret, id: "msg_reel_1", timestamp, body }),
  };
  expect(verified(secret, body, headers)).toEqual(JSON.parse(body));
  expect(() => verified(secret, body.replace("0.75", "0.00"), headers)).toThrow();
  expect(() => verified(newSecret(), body, headers)).toThrow();
});
