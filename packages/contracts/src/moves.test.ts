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

test("moves: a forbidden move does not compile", () => {
  const next = <From extends State>(_from: From, to: Next<From>): State => to;
  expect(next("running", "finalizing")).toBe("finalizing");
  // @ts-expect-error: `succeeded` is final
  next("succeeded", "running");
  // @ts-expect-error: no success without stored outputs
  next("running", "succeeded");
  // @ts-expect-error: no resubmit without proof
  next("unknown", "submitting");
});

test("moves: every state reaches a resting state", () => {
  for (const start of states) {
    const seen = new Set<State>([start]);
    for (const state of seen) for (const next of moves[state]) seen.add(next);
    expect([...seen].some(isResting), start).toBe(true);
  }
});

test("moves: every state except queued is reached from another", () => {
  for (const to of states.filter((state) => state !== "queued")) {
    expect(
      states.some((from) => from !== to && mayMove(from, to)),
      to,
    ).toBe(true);
  }
});

test("states: each one is either live or resting", () => {
  expect([...liveStates, ...restingStates].toSorted()).toEqual([...states].toSorted());
});

test("stateDiagram: shows exactly the moves of the table", () => {
  const arrows = stateDiagram()
    .split("\n")
    .filter((line) => /^ {2}\w+ --> \w+$/.test(line));
  const expected = states.flatMap((from) => moves[from].filter((to) => to !== from).map((to) => `  ${from} --> ${to}`));
  expect(arrows).toEqual(expected);
});
