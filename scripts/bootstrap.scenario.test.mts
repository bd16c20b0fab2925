import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { takeLock } from "../packages/system/src/lock.mjs";
import { inheritedEnv, root, rootOf } from "./bootstrap.mjs";
import { commandFolder } from "./setup-steps.mjs";

test("inheritedEnv: drops the variables of the outer npm command", () => {
  const own = { PATH: "/bin", REDIS_URL: "redis://here", NODE_EXTRA_CA_CERTS: "/ca.pem" };
  const npms = {
    npm_command: "start",
    npm_lifecycle_event: "start",
    npm_package_name: "reelqueue",
    npm_execpath: "/npm-cli.js",
    npm_config_global: "true",
    npm_config_prefix: "/usr",
    npm_config_omit: "dev",
    NPM_CONFIG_WORKSPACE: "x",
  };
  expect(inheritedEnv({ ...own, ...npms })).toEqual(own);
});

test("inheritedEnv: keeps the settings for the access to a registry", () => {
  const reach = {
    npm_config_registry: "https://npm.example",
    NPM_CONFIG_CAFILE: "/ca.pem",
    npm_config_https_proxy: "http://proxy",
    "npm_config_//npm.example/:_authToken": "t",
    "npm_config_@acme:registry": "https://acme.example",
  };
  expect(inheritedEnv(reach)).toEqual(reach);
});

test("messages of the set-up are on standard error: a command's output can be captured", async () => {
  const home = mkdtempSync(join(tmpdir(), "reelqueue-set-up-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const lock = takeLock(join(root, ".reelqueue", "setup.lock"));
  if ("heldBy" in lock) throw new Error(`another set-up runs: ${lock.heldBy}`);
  const env = { ...process.env, REELQUEUE_HOME: home };
  const child = spawn(process.execPath, [join(root, "reelqueue"), "webhook-secret"], { env });
  const told = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (bytes) => `${bytes}`.includes("waiting for its end") && resolve());
  });
  const printed = Promise.all([text(child.stdout), text(child.stderr)]);
  await told.finally(lock.release);
  const [output, messages] = await printed;
  expect(output).toMatch(/^whsec_\S+\n$/);
  expect(messages).toContain("Another set-up runs here");
});

test("rootOf: a folder with blanks, # and % is found under every Node", () => {
  const folder = "/srv/a b#c%41";
  expect(rootOf(pathToFileURL(`${folder}/scripts/bootstrap.mjs`).href)).toBe(folder);
});

test("the command pnpm of the set-up runs in a folder with any characters", () => {
  const folder = join(temporary(), `a b#%41 "$HOME' \`x\``);
  mkdirSync(folder);
  writeFileSync(join(folder, "pnpm.mjs"), "console.log(process.argv[2]);");
  const bin = commandFolder(folder, process.execPath, join(folder, "pnpm.mjs"));
  expect(execFileSync(join(bin, "pnpm"), ["an argument"], { encoding: "utf8" })).toBe("an argument\n");
});

test("a checkout that this user may not write: a complete set-up is used, another is one sentence", () => {
  const checkout = temporary();
  for (const path of [
    "scripts",
    "packages/system/src/lock.mjs",
    "package.json",
    "pnpm-lock.yaml",
    "pnpm-workspace.yaml",
  ])
    cpSync(join(root, path), join(checkout, path), { recursive: true });
  writeFileSync(join(checkout, "hello.mjs"), "console.log('hello');");
  const use = `import("./scripts/bootstrap.mjs").then(({ runOnNode24 }) => runOnNode24(["hello.mjs"]))`;
  const start = () => {
    const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    return spawnSync(process.execPath, ["-e", use], { cwd: checkout, encoding: "utf8", ...user });
  };

  chmodSync(checkout, 0o555);
  const incomplete = start();
  expect(incomplete.stderr).toMatch(/this user may not write .*: run the command once as the owner of .*\n$/);
  expect(incomplete.stderr).not.toContain("    at ");
  expect(incomplete.status).toBe(1);

  chmodSync(checkout, 0o755);
  completeSetUp(checkout);
  for (const folder of [checkout, join(checkout, ".reelqueue")]) chmodSync(folder, 0o555);
  expect(start()).toMatchObject({ stdout: "hello\n", stderr: "", status: 0 });
});

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), "reelqueue-set-up-"));
  onTestFinished(() => {
    execFileSync("chmod", ["-R", "u+w", folder]);
    rmSync(folder, { recursive: true });
  });
  return folder;
}

/** Writes what the set-up leaves behind. */
function completeSetUp(checkout: string): void {
  const runtime = join(checkout, ".reelqueue", "runtime");
  const pnpm = JSON.parse(readFileSync(join(checkout, "package.json"), "utf8")).packageManager.replace("pnpm@", "");
  commandFolder(runtime, process.execPath, join(runtime, "node_modules", "pnpm", "bin", "pnpm.mjs"));
  writeFileSync(join(runtime, "installed.json"), JSON.stringify({ pnpm }));
  const hash = createHash("sha256");
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml"]) hash.update(readFileSync(join(checkout, file)));
  mkdirSync(join(checkout, "node_modules"));
  writeFileSync(join(checkout, "node_modules", ".reelqueue-installed"), hash.digest("hex"));
}
