import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { providersPage } from "./docs-page.ts";

test("docs/providers.md matches the capability tables; `pnpm --filter @reelqueue/providers page` prints it", () => {
  expect(readFileSync(new URL("../../../../docs/providers.md", import.meta.url), "utf8")).toBe(providersPage());
});
