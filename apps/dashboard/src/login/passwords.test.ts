import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { choosePasswords } from "./passwords.ts";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "reelqueue-passwords-"));
});
afterEach(() => rm(home, { recursive: true }));

const choose = (host: string, password: string | undefined, viewer?: { user: string; password: string }) =>
  choosePasswords({ host, home, operator: { user: "admin", password }, ...(viewer && { viewer }) });

test.each(["127.0.0.1", "127.9.9.9", "::1", "localhost"])(
  "on %s a missing password: generated once, readable by its owner only, and the hint names the file",
  async (host) => {
    const { operator, hint } = await choose(host, undefined);
    const file = join(home, "dashboard-password");
    expect(operator.password).toMatch(/^[\w-]{32}$/);
    expect(await readFile(file, "utf8")).toBe(`${operator.password}\n`);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(hint).toContain(file);
    expect(hint).not.toContain(operator.password);
    expect((await choose(host, undefined)).operator.password).toBe(operator.password);
  },
);

test("two processes that start at once: the same password", async () => {
  const chosen = await Promise.all(Array.from({ length: 8 }, () => choose("127.0.0.1", undefined)));
  expect(new Set(chosen.map(({ operator }) => operator.password)).size).toBe(1);
});

test("an empty password file: rejected", async () => {
  await writeFile(join(home, "dashboard-password"), "\n");
  await expect(choose("127.0.0.1", undefined)).rejects.toThrow(/is empty: delete it/);
});

test.each([
  [undefined, "without a password"],
  ["admin", "everybody knows"],
  ["changeme", "everybody knows"],
  ["Password", "everybody knows"],
  ["short", "that short"],
])("beyond loopback, password %j: rejected", async (password, why) => {
  for (const host of ["0.0.0.0", "::", "10.0.0.5", "dashboard.example.com"]) {
    await expect(choose(host, password)).rejects.toThrow(why);
  }
});

test("beyond loopback, a good password: accepted; the viewer needs one too", async () => {
  expect((await choose("0.0.0.0", "a-good-password")).operator.password).toBe("a-good-password");
  const viewer = { user: "guest", password: "guest" };
  await expect(choose("0.0.0.0", "a-good-password", viewer)).rejects.toThrow("DASHBOARD_VIEWER_PASSWORD");
});

test("viewer and operator with the same user: rejected", async () => {
  const viewer = { user: "admin", password: "another-password" };
  await expect(choose("127.0.0.1", "a-good-password", viewer)).rejects.toThrow("must differ");
});
