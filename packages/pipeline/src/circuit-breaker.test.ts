import { type Egress, EgressError } from "@reelqueue/egress";
import { expect, test } from "vitest";
import type { Account } from "./accounts.ts";
import { CircuitBreaker, withCircuitBreaker } from "./circuit-breaker.ts";

/** Asks ten times a second over so many seconds; tells how many requests left, by the second. */
function asked(patience: CircuitBreaker, clock: { ms: number }, seconds: number, answers: boolean): number[] {
  return Array.from({ length: seconds }, () => {
    let left = 0;
    for (let i = 0; i < 10; i += 1) {
      clock.ms += 100;
      if (!patience.mayRequest()) continue;
      left += 1;
      if (answers) patience.answered();
      else patience.failed();
    }
    return left;
  });
}

const sum = (numbers: number[]) => numbers.reduce((total, each) => total + each, 0);

test("a provider that is away for an hour gets a few requests and then one in 15 s, instead of ten a second", () => {
  const clock = { ms: 0 };
  const patience = new CircuitBreaker(1, () => clock.ms);
  const left = asked(patience, clock, 3_600, false);
  expect(sum(left)).toBeGreaterThan(3_600 / 16);
  expect(sum(left)).toBeLessThanOrEqual(5 + 3_600 / 15);
});

test("one that is back is asked once a second at first, and more every ten seconds until nothing is held back", () => {
  const clock = { ms: 0 };
  const patience = new CircuitBreaker(1, () => clock.ms);
  asked(patience, clock, 60, false);
  const left = asked(patience, clock, 200, true);
  const firstAnswer = left.findIndex((count) => count > 0);
  const back = left.slice(firstAnswer + 1);
  expect(sum(back.slice(0, 9))).toBeLessThanOrEqual(10);
  expect(sum(back.slice(30, 40))).toBeGreaterThan(sum(back.slice(10, 20)));
  expect(back.slice(130, 140)).toEqual(Array(10).fill(10));
});

test("some failures between answers hold nothing back", () => {
  const clock = { ms: 0 };
  const patience = new CircuitBreaker(1, () => clock.ms);
  for (let i = 0; i < 1_000; i += 1) {
    expect(patience.mayRequest()).toBe(true);
    if (i % 5 === 4) patience.answered();
    else patience.failed();
  }
});

test("while one request looks whether the provider is back, no other leaves; one that was given up from here is no answer", () => {
  const clock = { ms: 0 };
  const patience = new CircuitBreaker(1, () => clock.ms);
  for (let i = 0; i < 5; i += 1) patience.failed();
  clock.ms += 15_000;
  expect([patience.mayRequest(), patience.mayRequest()]).toEqual([true, false]);
  patience.gaveUp();
  expect([patience.mayRequest(), patience.mayRequest()]).toEqual([true, false]);
});

test("what is held back was never sent, and 5xx counts as no answer while 4xx is one", async () => {
  const statuses = [404, 429, 503, 500, 502, 503, 504];
  const sent: number[] = [];
  const http = {
    request: async () => {
      const status = statuses[sent.length] ?? 200;
      sent.push(status);
      return { status, headers: {}, text: "" };
    },
  } as unknown as Egress;
  const careful = withCircuitBreaker({ timeScale: 1 } as Account, http);
  for (const _ of statuses) await careful.request({ method: "GET", url: "http://127.0.0.1/" });
  const held = careful.request({ method: "GET", url: "http://127.0.0.1/" });
  await expect(held).rejects.toBeInstanceOf(EgressError);
  await expect(held).rejects.toMatchObject({ kind: "unsent", sent: false });
  expect(sent).toEqual(statuses);
});
