import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { breaches } from "./architecture.ts";

const root = join(import.meta.dirname, "../../..");

test("the workspace keeps its architecture", () => {
  const paths = globSync("{apps,packages,tests,examples}/**/*.{ts,mts,lua}", {
    cwd: root,
    exclude: (path) => /node_modules|\.reelqueue/.test(path),
  });
  expect(paths.length).toBeGreaterThan(50);
  expect(breaches(paths.map((path) => ({ path, text: readFileSync(join(root, path), "utf8") })))).toEqual([]);
});

describe("finds", () => {
  const samples: [what: string, path: string, text: string, found: string][] = [
    [
      "an import upwards",
      "packages/ledger/src/a.ts",
      'import { x } from "@reelqueue/pipeline";',
      "imports pipeline, which is not below ledger",
    ],
    [
      "an import sideways",
      "packages/queue/src/a.ts",
      'import type { x } from "@reelqueue/ledger";',
      "imports ledger, which is not below queue",
    ],
    [
      "an app that imports an app",
      "apps/api/src/a.ts",
      'import "@reelqueue/simulator";',
      "imports simulator, which is not below api",
    ],
    [
      "a re-export upwards",
      "packages/egress/src/a.ts",
      'export { x } from "@reelqueue/providers";',
      "imports providers, which is not below egress",
    ],
    [
      "a late import upwards",
      "packages/egress/src/a.ts",
      'const x = await import("@reelqueue/ledger");',
      "imports ledger, which is not below egress",
    ],
    [
      "a simulator that knows more than runtime",
      "apps/simulator/src/a.ts",
      'import "@reelqueue/contracts";',
      "imports contracts; simulator may only import runtime",
    ],
    [
      "a command line that reaches past HTTP",
      "apps/cli/src/a.ts",
      'import "@reelqueue/ledger";',
      "imports ledger; cli may only import contracts, runtime, system, client",
    ],
    [
      "an app that starts a system",
      "apps/api/src/a.ts",
      'import { startSystem } from "@reelqueue/system";',
      "imports system, which only cli, testing, scenarios, chaos, bench may",
    ],
    [
      "a command line with the harness of the tests",
      "apps/cli/src/a.ts",
      'import { startReceiver } from "@reelqueue/system/testing";',
      "imports @reelqueue/system/testing outside a test",
    ],
    [
      "a path into another package",
      "packages/ledger/src/a.ts",
      'import "../../contracts/src/moves.ts";',
      "reaches by ../../contracts/src/moves.ts into another package",
    ],
    [
      "the harness outside a test",
      "packages/ledger/src/a.ts",
      'import "@reelqueue/testing";',
      "imports testing outside a test",
    ],
    [
      "moves by hand outside a test",
      "packages/pipeline/src/a.ts",
      'import { sendMove } from "@reelqueue/ledger/testing";',
      "imports @reelqueue/ledger/testing outside a test",
    ],
    [
      "a process of the product that adjusts its installation",
      "apps/poller/src/main.ts",
      "await run((scope) => openPoller(scope, readEnv(), { adjust }));",
      "adjusts the installation, which only tests may",
    ],
    [
      "a package that has no layer",
      "packages/newcomer/src/a.ts",
      'import "@reelqueue/ledger";',
      "imports ledger, and one of them has no layer yet",
    ],
    [
      "BullMQ outside queue",
      "packages/pipeline/src/a.ts",
      'import { Worker } from "bullmq";',
      "imports bullmq, which only queue, dashboard, bench may",
    ],
    [
      "process.env outside env.ts",
      "apps/api/src/routes.ts",
      "export const x = process.env.PORT;",
      "reads process.env, which only env.ts may",
    ],
    [
      "a file that is too long",
      "packages/ledger/src/a.ts",
      "export {};\n".repeat(251),
      "has 251 lines, at most 250 are allowed",
    ],
    [
      "a test that is too long",
      "packages/ledger/src/a.test.ts",
      "export {};\n".repeat(401),
      "has 401 lines, at most 400 are allowed",
    ],
    [
      "a main that does too much",
      "apps/api/src/main.ts",
      "export {};\n".repeat(31),
      "has 31 lines, at most 30 are allowed",
    ],
    [
      "a script that does not say what it returns",
      "packages/ledger/src/scripts/a.lua",
      "-- KEYS 1\n-- ARGV 1\nreturn 1 -- Returns",
      "its header does not say Returns",
    ],
  ];

  test.each(samples)("%s", (_, path, text, found) => {
    expect(breaches([{ path, text }])).toEqual([`${path}: ${found}`]);
  });
});

describe("lets pass", () => {
  const samples: [what: string, path: string, text: string][] = [
    ["an import downwards", "packages/pipeline/src/a.ts", 'import { x } from "@reelqueue/ledger";'],
    ["an app that uses a low layer", "apps/api/src/a.ts", 'import { x } from "@reelqueue/contracts";'],
    ["a file beside it", "packages/ledger/src/a.ts", 'import { x } from "./b.ts";'],
    ["the harness in a test", "packages/ledger/src/a.test.ts", 'import { x } from "@reelqueue/testing";'],
    ["BullMQ in queue", "packages/queue/src/a.ts", 'import { Queue } from "bullmq";'],
    ["process.env in a comment", "packages/producer/src/a.ts", "/** Usually `process.env`. */\nexport {};"],
    ["process.env in env.ts", "apps/api/src/env.ts", "export const x = process.env.PORT;"],
    ["a name that only begins like a hidden library", "packages/ledger/src/a.ts", 'import "bullmq-not";'],
    [
      "a script with its header",
      "packages/ledger/src/scripts/a.lua",
      "-- KEYS[1] record\n-- ARGV none\n-- Returns 1\nreturn 1",
    ],
  ];

  test.each(samples)("%s", (_, path, text) => {
    expect(breaches([{ path, text }])).toEqual([]);
  });
});
