import { generationRequest } from "@reelqueue/contracts";
import { describe, expect, test } from "vitest";
import type { SubmitCall } from "../provider.ts";
import { providers } from "../registry.ts";

const request = generationRequest.parse({ prompt: "A glass frog" });

function callAnswered(status: number, body: unknown): SubmitCall {
  const http = {
    request: () => Promise.resolve({ status, headers: {}, text: JSON.stringify(body) }),
    stream: () => Promise.reject(new Error("no streams")),
    close: () => Promise.resolve(),
    refusalOf: () => undefined,
  };
  return {
    http,
    baseUrl: "https://p.example",
    key: "k",
    signal: new AbortController().signal,
    idempotencyKey: "g.1",
    dataUri: () => Promise.reject(new Error("no media")),
  };
}

const flat = (code: string | number, message: string) => ({ code, message, data: null });
const nested = (code: string, message: string) => ({ error: { message, type: "new_api_error", param: "", code } });
const preDeducted = "预扣费额度失败, 用户剩余额度: ＄0.100000, 需要预扣费额度: ＄0.440000";

const empty: [what: string, status: number, body: object][] = [
  ["flat, by its code", 403, flat("insufficient_user_quota", "refused")],
  ["flat, by Chinese words", 403, flat("", preDeducted)],
  ["nested, by its code", 403, nested("insufficient_user_quota", "refused")],
  ["nested, by English words", 403, nested("", "user quota is not enough (request id: 2026112717)")],
  ["nested, by Chinese words", 400, nested("", "账户余额不足，请充值")],
  ["nested, as a payment error", 402, nested("insufficient_balance", "insufficient balance")],
  ["flat, with a number as code", 400, flat(403, "insufficient account balance")],
  ["in a success, flat", 200, flat(402, "余额不足")],
  ["in a success, nested", 200, nested("insufficient_quota", "quota exhausted")],
  [
    "in a success, by a reason",
    200,
    { code: 403, reason: "NOT_ENOUGH_BALANCE", message: "not enough balance", metadata: {} },
  ],
  ["in a success, with msg", 200, { code: 402, msg: "账户已欠费", data: null }],
  ["a 429 with its code", 429, nested("insufficient_quota", "You exceeded your current quota")],
];

describe.each(Object.entries(providers))("%s", (_name, provider) => {
  test.each(empty)("an empty balance, %s: the account is blocked", async (_what, status, body) => {
    const call = callAnswered(status, body);
    expect(await provider.submit(request, call)).toMatchObject({ kind: "blocked", reason: "balance" });
    expect(await provider.poll("t", call)).toMatchObject({ kind: "blocked", reason: "balance" });
  });

  test.each<[string, number, object]>([
    ["a server error", 500, nested("insufficient_user_quota", "user quota is not enough")],
    ["a time-out", 408, flat("insufficient_user_quota", preDeducted)],
    ["a gateway without capacity", 503, flat("insufficient_user_quota", preDeducted)],
  ])("%s with the words of an empty balance: a task may exist", async (_what, status, body) => {
    expect(await provider.submit(request, callAnswered(status, body))).toMatchObject({ kind: "unknown" });
  });

  test("a 429 whose words are about a quota is a limit of the rate", async () => {
    const body = nested("rate_limit", "quota for requests per minute used up");
    expect(await provider.submit(request, callAnswered(429, body))).toMatchObject({ kind: "throttled" });
  });

  test("a success with a task and a word of the balance is no refusal", async () => {
    const body = {
      id: "t-1",
      code: 0,
      message: "balance too low soon",
      data: { id: "t-1", task_id: "t-1", taskId: "t-1" },
    };
    const all = { ...body, task_id: "t-1" };
    expect(await provider.submit(request, callAnswered(200, all))).toEqual({ kind: "accepted", taskId: "t-1" });
  });

  test("another error in the form of a gateway stays unknown", async () => {
    const body = flat("bad_response_status_code", "openai_error");
    expect((await provider.submit(request, callAnswered(200, body))).kind).not.toBe("blocked");
    expect((await provider.submit(request, callAnswered(400, body))).kind).not.toBe("blocked");
  });
});
