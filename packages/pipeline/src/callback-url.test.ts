import { expect, test } from "vitest";
import { callbackToken, readCallbackToken } from "./callback-url.ts";

const key = Buffer.alloc(32, 7);

test("a genuine token names its generation and attempt", () => {
  expect(readCallbackToken(key, callbackToken(key, "reel_abc", 2))).toEqual({ generation: "reel_abc", attempt: 2 });
});

test("any other text is no token", () => {
  const token = callbackToken(key, "reel_abc", 1);
  const [generation, , mac] = token.split(".");
  for (const forged of [
    "",
    "a",
    "a.b",
    "a.b.c",
    `${token}x`,
    `${token}.`,
    token.slice(0, -1),
    `${generation}.2.${mac}`,
    `reel_abd.1.${mac}`,
    "\u0000.1.x",
    "%2e%2e/../x",
  ]) {
    expect(readCallbackToken(key, forged), forged).toBeUndefined();
  }
  expect(readCallbackToken(Buffer.alloc(32, 8), token)).toBeUndefined();
});
