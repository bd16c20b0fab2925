import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { takeLock } from "../packages/system/src/lock.mjs";
import { inheritedEnv, root } from "./bootstrap.mjs";

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
