import { statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { secretIn } from "./home.ts";
import { temporaryHome } from "./test-home.ts";

test("secretIn: creates a long secret once, readable by its owner only", () => {
  const home = temporaryHome();
  const secret = secretIn(home, "api-key");
  expect(secret.length).toBeGreaterThanOrEqual(32);
  expect(secretIn(home, "api-key")).toBe(secret);
  expect(secretIn(home, "another")).not.toBe(secret);
  expect(statSync(join(home, "api-key")).mode & 0o777).toBe(0o600);
});
