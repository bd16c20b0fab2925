import { expect, test } from "vitest";
import { parseInfo, primaryOf, unseen } from "./primary.ts";

const info = (id: string, ...replicas: string[]) =>
  parseInfo([`role:master`, `master_replid:${id}`, ...replicas.map((text, i) => `slave${i}:${text}`)].join("\r\n"));

const inStep = "ip=127.0.0.1,port=1,state=online,offset=10,lag=0";

test("a primary without replicas has nobody to wait for", () => {
  expect(primaryOf(info("a"), unseen)).toEqual({ id: "a", replicas: 0, replicated: false });
});

test("a replica that is still being filled, or has fallen silent, cannot confirm, but may take over", () => {
  for (const replica of ["ip=127.0.0.1,port=1,state=wait_bgsave,offset=0,lag=0", inStep.replace("lag=0", "lag=6")])
    expect(primaryOf(info("a", replica), unseen)).toEqual({ id: "a", replicas: 0, replicated: true });
});

test("one that is left alone may have been deposed; another one that is alone took over", () => {
  const before = primaryOf(info("a", inStep), unseen);
  expect(before).toEqual({ id: "a", replicas: 1, replicated: true });
  expect(primaryOf(info("a"), before).replicated).toBe(true);
  expect(primaryOf(info("b"), before).replicated).toBe(false);
});
