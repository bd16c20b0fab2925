import { expect, test } from "vitest";
import {
  isResting,
  liveStates,
  mayMove,
  moves,
  type Next,
  restingStates,
  type State,
  stateDiagram,
  states,
} from "./moves.ts";

test("a forbidden move does not compile", () => {
  const next = <From extends State>(_from: From, to: Next<From>): State => to;
  expect(next("running", "finalizing")).toBe("finalizing");
  // @ts-expect-error: `succeeded` is final
  next("succeeded", "running");
  // @ts-expect-error: no success without stored outputs
  next("running", "succeeded");
  // @ts-expect-error: no resubmit without proof
  next("unknown", "submitting");
});

test("every state can come to rest", () => {
  for (const start of states) {
    const seen = new Set<State>([start]);
    for (const state of seen) for (const next of moves[state]) seen.add(next);
    expect([...seen].some(isResting), start).toBe(true);
  }
});

test("every state but the first is reached from another", () => {
  for (const to of states.filter((state) => state !== "queued")) {
    expect(
      states.some((from) => from !== to && mayMove(from, to)),
      to,
    ).toBe(true);
  }
});

test("live and resting states are all states, and none is both", () => {
  expect([...liveStates, ...restingStates].toSorted()).toEqual([...states].toSorted());
});

test("the diagram shows every move of the table and no other", () => {
  const arrows = stateDiagram()
    .split("\n")
    .filter((line) => /^ {2}\w+ --> \w+$/.test(line));
  const expected = states.flatMap((from) => moves[from].filter((to) => to !== from).map((to) => `  ${from} --> ${to}`));
  expect(arrows).toEqual(expected);
});
