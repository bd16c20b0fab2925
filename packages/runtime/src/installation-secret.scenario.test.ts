import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { deriveKey, installationSecret } from "./installation-secret.ts";
import { Secret } from "./secret.ts";

let home: string;
beforeEach(async () => {
  home = join(await mkdtemp(join(tmpdir(), "reelqueue-secret-")), "new");
});
afterEach(() => rm(join(home, ".."), { recursive: true }));

test("created once with mode 0600, then read", async () => {
  const made = await installationSecret(home);
  expect(made.reveal()).toHaveLength(32);
  expect((await stat(join(home, "secret"))).mode & 0o777).toBe(0o600);
  expect((await installationSecret(home)).reveal()).toEqual(made.reveal());
  expect(await readdir(home)).toEqual(["secret"]);
});

test("concurrent calls of one process get the same secret", async () => {
  const made = await Promise.all(Array.from({ length: 50 }, () => installationSecret(home)));
  expect(new Set(made.map((secret) => secret.reveal().toString("hex"))).size).toBe(1);
});

test("concurrent processes get the same secret", { timeout: 60_000 }, async () => {
  const script = `
    import { installationSecret } from ${JSON.stringify(new URL("./installation-secret.ts", import.meta.url).href)};
    const startAtMs = Number(process.argv[1]);
    while (Date.now() < startAtMs);
    console.log((await installationSecret(process.argv[2])).reveal().toString("hex"));`;
  const startAtMs = Date.now() + 1_500;
  const start = () =>
    promisify(execFile)(process.execPath, ["--input-type=module", "-e", script, `${startAtMs}`, home]);
  const made = await Promise.all(Array.from({ length: 6 }, start));
  expect(new Set(made.map(({ stdout }) => stdout.trim())).size).toBe(1);
  expect(await readdir(home)).toEqual(["secret"]);
});

test("a damaged secret stops the start and is not replaced", async () => {
  await installationSecret(home);
  await writeFile(join(home, "secret"), "short");
  await expect(installationSecret(home)).rejects.toThrow(/holds 5 bytes instead of 32: restore it from a backup/);
});

test("derived keys differ by purpose and installation, and are stable", async () => {
  const secret = await installationSecret(home);
  const other = new Secret(Buffer.alloc(32, 7));
  const keys = [deriveKey(secret, "callback"), deriveKey(secret, "webhook:acme"), deriveKey(other, "callback")];
  expect(new Set(keys.map((key) => key.toString("hex"))).size).toBe(3);
  expect(deriveKey(secret, "callback")).toEqual(keys[0]);
  expect(deriveKey(other, "callback").toString("hex")).toBe(
    // computed by an independent HKDF: keys must not change with an update
    "aa92f96601b82ebf16cf00e59ce60111455349af07219e084130468b4e271afc",
  );
});
