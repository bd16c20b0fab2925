import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { NewProviderError, writeProvider } from "./new-provider/write-provider.mjs";

const root = join(import.meta.dirname, "..");
const run = promisify(execFile);

/** A copy of packages/providers inside the workspace, so that it compiles. */
function copyOfProviders(): string {
  mkdirSync(join(root, ".reelqueue"), { recursive: true });
  const copy = mkdtempSync(join(root, ".reelqueue", "new-provider-"));
  onTestFinished(() => rmSync(copy, { recursive: true }));
  const original = join(root, "packages", "providers");
  for (const part of ["src", "package.json", "tsconfig.json"])
    cpSync(join(original, part), join(copy, part), { recursive: true });
  symlinkSync(join(original, "node_modules"), join(copy, "node_modules"), "dir");
  return copy;
}

test("writeProvider: the new folder compiles, is in the registry and has empty contract files", async () => {
  const copy = copyOfProviders();
  const written = writeProvider({ packageFolder: copy, name: "acme" });
  expect(written).toContain("src/acme/wire.ts");
  await run(join(root, "node_modules", ".bin", "tsc"), ["--noEmit", "-p", copy]).catch(({ stdout }) => {
    throw new Error(stdout);
  });
  const registry = readFileSync(join(copy, "src", "registry.ts"), "utf8");
  expect(registry).toContain('import { acme } from "./acme/index.ts";\nimport { ark }');
  expect(registry).toContain("  ark,\n  acme,\n};");
  const contract = join(copy, "src", "acme", "contract");
  for (const file of readdirSync(contract)) {
    expect(JSON.parse(readFileSync(join(contract, file), "utf8"))).toMatchObject({ cases: [] });
  }
});

test("writeProvider: an invalid or taken name is refused and nothing is written", () => {
  const copy = copyOfProviders();
  const before = readdirSync(join(copy, "src"));
  for (const name of ["", "Acme", "../acme", "ark"]) {
    expect(() => writeProvider({ packageFolder: copy, name })).toThrow(NewProviderError);
  }
  expect(readdirSync(join(copy, "src"))).toEqual(before);
});
