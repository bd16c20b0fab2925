import { expect, test } from "vitest";
import { inheritedEnv } from "./inherited-env.mjs";

test("what npm says about its own command does not reach the npm and pnpm that the set-up runs", () => {
  const ours = { PATH: "/bin", REDIS_URL: "redis://here", NODE_EXTRA_CA_CERTS: "/ca.pem" };
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
  expect(inheritedEnv({ ...ours, ...npms })).toEqual(ours);
});

test("how to reach the registry stays", () => {
  const reach = {
    npm_config_registry: "https://npm.example",
    NPM_CONFIG_CAFILE: "/ca.pem",
    npm_config_https_proxy: "http://proxy",
    "npm_config_//npm.example/:_authToken": "t",
    "npm_config_@acme:registry": "https://acme.example",
  };
  expect(inheritedEnv(reach)).toEqual(reach);
});
