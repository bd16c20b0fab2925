import { expect, test } from "vitest";
import { inheritedEnv } from "./bootstrap.mjs";

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
