import { expect, test } from "vitest";
import { callbackToken, readCallbackToken } from "./callback-url.ts";

const key = Buffer.alloc(32, 7);

const named = { generation: "reel_abc", attempt: 2 };

test("a genuine token names its generation and attempt", () => {
  const token = callbackToken(key, { account: "hiapi", ...named });
  expect(readCallbackToken(key, token, "hiapi")).toEqual({ account: "hiapi", ...named });
});

test("a token of one account is none of another; one of an older version names no account", () => {
  const token = callbackToken(key, { account: "ark", ...named });
  expect(readCallbackToken(key, token, "hiapi")).toBeUndefined();
  expect(readCallbackToken(key, callbackToken(key, named), "hiapi")).toEqual(named);
});

test("any other text is no token", () => {
  const token = callbackToken(key, { account: "hiapi", generation: "reel_abc", attempt: 1 });
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
    expect(readCallbackToken(key, forged, "hiapi"), forged).toBeUndefined();
  }
  expect(readCallbackToken(Buffer.alloc(32, 8), token, "hiapi")).toBeUndefined();
});
