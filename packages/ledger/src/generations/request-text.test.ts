import { type GenerationRequest, generationRequest } from "@reelqueue/contracts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LedgerError } from "../redis/error.ts";
import { compressRequest, parseRequest, serializeRequest } from "./request-text.ts";

const request = (fields: object): GenerationRequest => generationRequest.parse({ prompt: "rain", ...fields });

describe("request text", () => {
  test("a request survives the round trip, whatever its prompt contains", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 2_000 }), (prompt) => {
        const asked = request({
          prompt,
          tags: ["a"],
          images: [{ url: "https://example.com/a.png", role: "first_frame" }],
        });
        const { idempotencyKey, ...kept } = asked;
        expect(parseRequest(compressRequest(serializeRequest(asked)))).toEqual(JSON.parse(JSON.stringify(kept)));
      }),
    );
  });

  test("a request of usual length shrinks to at most 70 %", () => {
    const prompt =
      "An old fisherman mends his net on the pier while gulls wheel overhead and the tide comes in slowly. ".repeat(2);
    const frozen = serializeRequest(
      request({ prompt: `${prompt}Warm evening light, a slow dolly in, the horizon level.` }),
    );
    expect(compressRequest(frozen).length).toBeLessThan(frozen.length * 0.7);
  });

  test("a short request stays readable JSON", () => {
    expect(compressRequest('{"prompt":"rain"}')).toBe('1{"prompt":"rain"}');
  });

  test("an unknown form is refused as one of a newer version", () => {
    for (const text of ['2{"prompt":"rain"}', "1y", ""]) expect(() => parseRequest(text)).toThrow(LedgerError);
  });
});

// a changed dictionary makes stored requests unreadable
test("request text: reads what an earlier build stored", () => {
  const stored =
    "1zhZRtCsJADESvMgcoXsBfHiW1cRO6H5JsLXp62W6FIogHSAKT9+aw6NLtkbI4b+Cx4Ro1jd4JrKTmHS9CpFzZMlbRhiS8FksIVIXNUR5s21AwfsKZzgedPmXRLdlwFU0DVrIEoRcPcKEYy4qJ71UawjflOA3tjrZ6wJJHKzNnVJp3jUMkd4wcNDeH0X58+p3Av/y/An8D";
  expect(parseRequest(stored).prompt).toMatch(/^A lighthouse keeper /);
});
