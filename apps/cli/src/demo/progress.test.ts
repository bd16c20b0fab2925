import { expect, test } from "vitest";
import { progressLine, tellerOn } from "./progress.ts";

function written(isTTY: boolean, now = () => 0) {
  const lines: string[] = [];
  const teller = tellerOn({ isTTY, write: (text) => lines.push(`${text}`) > 0 }, now);
  return { lines, teller };
}

test("a terminal sees one line that changes, and what is said stays above it", () => {
  const { lines, teller } = written(true);
  teller.show("one");
  teller.show("two");
  teller.say("done");
  expect(lines.join("")).toBe("\r\u001b[Kone\r\u001b[Ktwo\r\u001b[Kdone\n");
});

test("a file gets a line every five seconds, and no control characters", () => {
  let at = 0;
  const { lines, teller } = written(false, () => at);
  teller.show("one");
  at = 4_999;
  teller.show("two");
  at = 5_000;
  teller.show("three");
  teller.say("done");
  expect(lines.join("")).toBe("one\nthree\ndone\n");
});

test("progress names what is stored, at work, waiting and announced, and failures only where there are some", () => {
  const view = { name: "demo", tenant: "default", total: 10, live: 6, counts: { succeeded: 3, running: 2, queued: 4 } };
  expect(progressLine(view, 2, 7.4)).toBe("  3 of 10 stored · 2 at work · 4 waiting · 2 announced   7 s");
  expect(progressLine({ ...view, counts: { failed: 1 } }, 0, 0)).toContain("1 failed");
});
