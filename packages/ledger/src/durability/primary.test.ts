import { expect, test } from "vitest";
import { unknownPrimary } from "../cell.ts";
import { parseInfo, primaryOf } from "./primary.ts";

const info = (id: string, ...replicas: string[]) =>
  parseInfo([`role:master`, `master_replid:${id}`, ...replicas.map((text, i) => `slave${i}:${text}`)].join("\r\n"));

/** INFO of a promoted replica of `before`, without replicas. */
const promoted = (id: string, before: string) => info(id).set("master_replid2", before);

const inStep = "ip=127.0.0.1,port=1,state=online,offset=10,lag=0";

test("primaryOf: a primary without replicas is not replicated", () => {
  expect(primaryOf(info("a"), unknownPrimary)).toEqual({ id: "a", replicas: 0, replicated: false, idWithReplicas: "" });
});

test("primaryOf: a replica in synchronisation or silent cannot confirm, but may take over", () => {
  for (const replica of ["ip=127.0.0.1,port=1,state=wait_bgsave,offset=0,lag=0", inStep.replace("lag=0", "lag=6")])
    expect(primaryOf(info("a", replica), unknownPrimary)).toEqual({
      id: "a",
      replicas: 0,
      replicated: true,
      idWithReplicas: "a",
    });
});

test("primaryOf: a primary that lost its replicas may be deposed; its promoted replica is not", () => {
  const before = primaryOf(info("a", inStep), unknownPrimary);
  expect(before).toEqual({ id: "a", replicas: 1, replicated: true, idWithReplicas: "a" });
  expect(primaryOf(info("a"), before).replicated).toBe(true);
  expect(primaryOf(promoted("b", "a"), before).replicated).toBe(false);
});

test("primaryOf: a restarted primary is replicated until its replica is back or has taken over", () => {
  const restarted = primaryOf(info("b"), primaryOf(info("a", inStep), unknownPrimary));
  expect(restarted.replicated).toBe(true);
  expect(primaryOf(info("b", inStep), restarted)).toEqual({
    id: "b",
    replicas: 1,
    replicated: true,
    idWithReplicas: "b",
  });
  const successor = primaryOf(promoted("c", "a"), restarted);
  expect(successor.replicated).toBe(false);
  expect(primaryOf(promoted("c", "a"), successor).replicated).toBe(false);
  expect(primaryOf(info("d"), successor).replicated).toBe(true);
  expect(primaryOf(info("d"), primaryOf(info("a"), unknownPrimary)).replicated).toBe(false);
});
