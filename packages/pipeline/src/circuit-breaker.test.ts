import { type Egress, EgressError } from "@reelqueue/egress";
import { expect, test } from "vitest";
import { type Account, providerClock } from "./accounts.ts";
import { CircuitBreaker, withCircuitBreaker } from "./circuit-breaker.ts";

/** Requests ten times a second for `seconds`; returns how many were let through in each second. */
function requestsLetThrough(
  breaker: CircuitBreaker,
  clock: { ms: number },
  seconds: number,
  answers: boolean,
): number[] {
  return Array.from({ length: seconds }, () => {
    let sent = 0;
    for (let i = 0; i < 10; i += 1) {
      clock.ms += 100;
      if (!breaker.mayRequest()) continue;
      sent += 1;
      if (answers) breaker.answered();
      else breaker.failed("cannot be reached");
    }
    return sent;
  });
}

const sum = (numbers: number[]) => numbers.reduce((total, each) => total + each, 0);

test("provider down for 1 h: 5 requests, then 1 in 15 s instead of 10 a second", () => {
  const clock = { ms: 0 };
  const breaker = new CircuitBreaker(providerClock(1), () => clock.ms);
  const sent = requestsLetThrough(breaker, clock, 3_600, false);
  expect(sum(sent)).toBeGreaterThan(3_600 / 16);
  expect(sum(sent)).toBeLessThanOrEqual(5 + 3_600 / 15);
});

test("provider back: 1 request a second at first, more every 10 s, then no limit", () => {
  const clock = { ms: 0 };
  const breaker = new CircuitBreaker(providerClock(1), () => clock.ms);
  requestsLetThrough(breaker, clock, 60, false);
  const sent = requestsLetThrough(breaker, clock, 200, true);
  const firstAnswer = sent.findIndex((count) => count > 0);
  const back = sent.slice(firstAnswer + 1);
  expect(sum(back.slice(0, 9))).toBeLessThanOrEqual(10);
  expect(sum(back.slice(30, 40))).toBeGreaterThan(sum(back.slice(10, 20)));
  expect(back.slice(130, 140)).toEqual(Array(10).fill(10));
});

test("failures between answers hold no request back", () => {
  const clock = { ms: 0 };
  const breaker = new CircuitBreaker(providerClock(1), () => clock.ms);
  for (let i = 0; i < 1_000; i += 1) {
    expect(breaker.mayRequest()).toBe(true);
    if (i % 5 === 4) breaker.answered();
    else breaker.failed("cannot be reached");
  }
});

test("the reason: what the provider did last while it is down, its recovery after that", () => {
  const clock = { ms: 0 };
  const breaker = new CircuitBreaker(providerClock(1), () => clock.ms);
  for (let i = 0; i < 4; i += 1) breaker.failed("answers with HTTP 502");
  breaker.failed("cannot be reached (getaddrinfo ENOTFOUND)");
  expect(breaker.reason).toBe("the provider cannot be reached (getaddrinfo ENOTFOUND)");
  breaker.answered();
  expect(breaker.reason).toBe("the provider answers again, and gets more requests step by step");
});

test("one probe at a time; an abandoned probe is no answer", () => {
  const clock = { ms: 0 };
  const breaker = new CircuitBreaker(providerClock(1), () => clock.ms);
  for (let i = 0; i < 5; i += 1) breaker.failed("cannot be reached");
  clock.ms += 15_000;
  expect([breaker.mayRequest(), breaker.mayRequest()]).toEqual([true, false]);
  breaker.abandoned();
  expect([breaker.mayRequest(), breaker.mayRequest()]).toEqual([true, false]);
});

test("a held-back request is never sent; 5xx counts as no answer, 4xx as one", async () => {
  const statuses = [404, 429, 503, 500, 502, 503, 504];
  const sent: number[] = [];
  const http = {
    request: async () => {
      const status = statuses[sent.length] ?? 200;
      sent.push(status);
      return { status, headers: {}, text: "" };
    },
  } as unknown as Egress;
  const guarded = withCircuitBreaker({ clock: providerClock(1) } as Account, http);
  for (const _ of statuses) await guarded.request({ method: "GET", url: "http://127.0.0.1/" });
  const held = guarded.request({ method: "GET", url: "http://127.0.0.1/" });
  await expect(held).rejects.toBeInstanceOf(EgressError);
  await expect(held).rejects.toMatchObject({ kind: "unsent", sent: false });
  expect(sent).toEqual(statuses);
});
