import { generationRequest } from "@reelqueue/contracts";
import type { EgressReply, EgressRequest } from "@reelqueue/egress";
import { describe, expect, test } from "vitest";
import { recordingsOf } from "../exam/recording.ts";
import { hiapi } from "../hiapi/index.ts";
import { jiekou } from "../jiekou/index.ts";
import type { SubmitCall } from "../provider.ts";
import { providers } from "../registry.ts";
import { type ErrorRule, failureClassOf, forwardedErrors, meaningOf } from "./errors.ts";
import { readJson } from "./exchange.ts";
import { taskIdOf } from "./fields.ts";

/** A call with an invented answer; the exam tests the real HTTP exchange. */
function callWith(answer: () => EgressReply, seen: EgressRequest[] = []): SubmitCall {
  const request = (asked: EgressRequest) => {
    seen.push(asked);
    return Promise.resolve().then(answer);
  };
  const http = {
    request,
    stream: () => Promise.reject(new Error("no streams")),
    close: () => Promise.resolve(),
    refusalOf: () => undefined,
  };
  const dataUri = (url: string) =>
    Promise.resolve(`data:image/png;base64,${"A".repeat(url.includes("huge") ? 10_000_000 : 4)}`);
  return {
    http,
    baseUrl: "https://provider.example",
    key: "k-secret",
    signal: new AbortController().signal,
    idempotencyKey: "g.1",
    dataUri,
  };
}
const request = generationRequest.parse({ prompt: "A glass frog" });
const reply = (text: string, status = 200): EgressReply => ({ status, headers: {}, text });

describe("task ids", () => {
  test.each([
    ['{"id":12345678901234567890}', "12345678901234567890"],
    ['{"id":9007199254740993}', "9007199254740993"],
    ['{"id":-9007199254740993}', "-9007199254740993"],
    ['{"id":42}', "42"],
    ['{"id":0}', "0"],
    ['{"id":"0042"}', "0042"],
    ['{"id":" a "}', " a "],
    ['{"id":"任务-1"}', "任务-1"],
    [`{"id":"${"x".repeat(256)}"}`, "x".repeat(256)],
  ])("%s is unchanged", (text, id) => {
    expect(taskIdOf((readJson(text) as { id: unknown }).id)).toBe(id);
  });

  test.each([
    '""',
    "1.5",
    "null",
    "true",
    "[]",
    "{}",
    '"."',
    '".."',
    '"\\ud800"',
    `"${"x".repeat(257)}"`,
    `${"9".repeat(257)}`,
  ])("%s is not a task id", (json) => {
    expect(taskIdOf(readJson(json))).toBeUndefined();
  });
});

describe("JSON", () => {
  test.each(["", "{", '{"a":}', "NaN", "<html>", "[".repeat(200_000)])("%s is not JSON", (text) => {
    expect(readJson(text)).toBeUndefined();
  });

  test("a key __proto__ does not change the prototype", () => {
    const value = readJson('{"__proto__":{"polluted":true},"task_id":"t"}');
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect("polluted" in {}).toBe(false);
  });
});

describe("submit and poll", () => {
  test("an exception while sending: unknown or unreachable, never thrown", async () => {
    const call = callWith(() => {
      throw new TypeError("something else");
    });
    expect(await jiekou.submit(request, call)).toMatchObject({ kind: "unknown", evidence: "something else" });
    expect(await hiapi.poll("t", call)).toEqual({ kind: "unreachable", message: "something else" });
  });

  test("the evidence is at most 300 characters, on one line, without the API key", async () => {
    const text = `\u001b[31mBearer k-secret\r\n${"x".repeat(5_000)}`;
    const outcome = await jiekou.submit(
      request,
      callWith(() => reply(text, 502)),
    );
    const evidence = outcome.kind === "unknown" ? outcome.evidence : "";
    expect(evidence).toContain("Bearer [key]");
    expect(evidence.length).toBeLessThanOrEqual(300);
    expect(evidence).toMatch(/^[\x20-\x7e]+$/);
  });

  test("the address is trusted, and the total time is limited", async () => {
    const seen: EgressRequest[] = [];
    const call = callWith(() => reply('{"task_id":"t"}'), seen);
    await jiekou.submit(request, call);
    await jiekou.poll("t", call);
    expect(seen.map(({ trusted, timeoutMs }) => [trusted, timeoutMs])).toEqual([
      [true, 60_000],
      [true, 15_000],
    ]);
  });

  test("a body over 10 MB is rejected without sending it to HiAPI", async () => {
    const seen: EgressRequest[] = [];
    const call = callWith(() => reply("{}"), seen);
    const framed = { ...request, images: [{ role: "first_frame" as const, url: "media://huge.png" }] };
    expect(await hiapi.submit(framed, call)).toMatchObject({
      kind: "rejected",
      failure: { class: "rejected", code: "H-V12" },
    });
    expect(seen).toEqual([]);
  });
});

describe.each(Object.entries(providers))("%s: the status of a task", (name, provider) => {
  const recorded = recordingsOf(name)
    .flatMap(({ cases }) => cases)
    .find(({ proves, status }) => proves === "poll succeeded" && status !== undefined);
  const [json, word = ""] = [JSON.stringify(recorded?.answer?.json), recorded?.status];

  /** The result of a poll whose answer is the recorded success with another status. */
  const answerOf = (status: string, text = json) => {
    const answer = text.replace(/"status":"[^"]*"/, `"status":${JSON.stringify(status)}`);
    return provider.poll(
      recorded?.poll?.taskId ?? "",
      callWith(() => reply(answer)),
    );
  };
  const isSuccess = { kind: "succeeded", outputs: [expect.objectContaining({ kind: "video" })] };

  test.each([word.toUpperCase(), word.toLowerCase(), "Finished", "done", "SUCCESS", "complete", "成功"])(
    `%s is a success, as ${word} is`,
    async (status) => {
      const result = await answerOf(status);
      expect(result).toMatchObject(isSuccess);
      expect(result).not.toHaveProperty("unknownStatus");
    },
  );

  test.each(["archived", "error", "constructor", "__proto__", "toString"])(
    "%s beside the URL of a success may be one; without it the task is read again",
    async (status) => {
      expect(await answerOf(status)).toMatchObject({ ...isSuccess, unknownStatus: expect.stringContaining(status) });
      const bare = await answerOf(status, json.replaceAll(/"https?:[^"]*"/g, "null"));
      expect(bare).toMatchObject({ kind: "pending", status: expect.stringContaining(status), known: false });
    },
  );

  test.each([
    ["/files/v.mp4?a=1", "https://provider.example/files/v.mp4?a=1"],
    ["files/v.mp4", "https://provider.example/files/v.mp4"],
    ["//cdn.example/v.mp4", "https://cdn.example/v.mp4"],
  ])("a URL %s counts from the base URL", async (written, url) => {
    const result = await answerOf(word, json.replaceAll(/"https?:[^"]*"/g, JSON.stringify(written)));
    expect(result).toMatchObject({
      kind: "succeeded",
      outputs: expect.arrayContaining([expect.objectContaining({ url })]),
    });
  });

  test.each(["", "n/a", "ftp://x/v.mp4", "pending", "/"])(
    "“%s” is no URL: an answer that cannot be used",
    async (written) => {
      const text = json.replaceAll(/"https?:[^"]*"/g, JSON.stringify(written));
      expect(await answerOf(word, text)).toMatchObject({ kind: "unreachable", unusable: true });
    },
  );

  test("a body of another shape cannot be used; an error of the provider's servers is no answer", async () => {
    const poll = (text: string, status?: number) =>
      provider.poll(
        "t",
        callWith(() => reply(text, status)),
      );
    expect(await poll('{"ok":true}')).toMatchObject({ kind: "unreachable", unusable: true });
    expect(await poll("<html>", 502)).toEqual({ kind: "unreachable", message: expect.any(String) });
  });

  test.each(["FAILED", "Fail", "失败"])("%s is a failure", async (status) => {
    expect(await answerOf(status)).toMatchObject({ kind: "failed" });
  });

  test.each(["PROCESSING", "In_Progress", "Waiting"])("%s beside a URL is no success", async (status) => {
    expect(await answerOf(status)).toMatchObject({ kind: "pending", known: true });
  });
});

describe("the meaning of a refusal", () => {
  const anything: ErrorRule = { means: "rejected", label: "DOCUMENTED", source: "x" };
  test.each([100, 302, 408, 500, 501, 502, 503, 504, 599])("%i is unknown, whatever the error table says", (status) => {
    expect(meaningOf(status, { message: "no" }, [anything])).toBe("unknown");
  });

  test("a 4xx without a matching row is a rejection", () => {
    expect(meaningOf(418, { message: "no" }, [])).toBe("rejected");
  });

  test.each([
    ["InputTextSensitiveContentDetected.PolicyViolation", "input_refused"],
    ["OutputAudioSensitiveContentDetected", "output_refused"],
    ["the prompt violates our content policy", "input_refused"],
    ["the generated video may contain sensitive content", "output_refused"],
    ["输入的提示词包含敏感内容", "input_refused"],
    ["上传图片审核不通过", "input_refused"],
    ["输出视频违规", "output_refused"],
    ["生成的视频未通过审核", "output_refused"],
    ["generation failed upstream", "upstream"],
    ["generation failed (upstream)", "upstream"],
    ["生成失败，请稍后重试", "upstream"],
    ["上游服务异常", "upstream"],
    ["content violates our policy", "moderation"],
    ["生成失败: 内容违反了内容政策", "moderation"],
    ["InvalidParameter.image_url", "rejected"],
    ["upstream rejected the prompt", "input_refused"],
    ["upstream rejected the input", "rejected"],
    ["upstream service error", "upstream"],
    ["InternalServiceError", "upstream"],
    ["upstream timeout", "upstream"],
    ["E-4711", "unclassified"],
  ])("a failed task with the message “%s” is %s", (message, expected) => {
    expect(failureClassOf({ message }, forwardedErrors)).toBe(expected);
  });
});
