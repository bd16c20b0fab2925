import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { clips, filled, frame, images, type Part, readingOf } from "./exam/rule-table.ts";
import { hiapi } from "./hiapi/index.ts";
import { jiekou } from "./jiekou/index.ts";
import { providers, providersAccepting } from "./registry.ts";
import { problemsOf } from "./rules/validation.ts";
import { toapis } from "./toapis/index.ts";

describe.each(Object.entries(providers))("the folder of %s", (name, { capabilities }) => {
  const beside = (file: string) => new URL(`./${name}/${file}`, import.meta.url);

  test("has a test of its rules", () => {
    expect(existsSync(beside("rules.test.ts"))).toBe(true);
  });

  test("has a README that explains every switch", () => {
    const readme = readFileSync(beside("README.md"), "utf8");
    for (const name of Object.keys(capabilities.switches)) expect(readme).toContain(`\`${name}\``);
  });
});

test("HiAPI: frames beside references are allowed, up to nine, unless the account sets framesBesideReferencesRefused", () => {
  const request = filled({ images: [frame("first_frame"), ...images(8)] });
  const check = (switches: Record<string, boolean>) =>
    problemsOf(hiapi.rules, request, { switches, pricesPerSecond: {} });
  expect(check({})).toEqual([]);
  expect(check({ framesBesideReferencesRefused: true })).toMatchObject([{ rule: "H-V9", severity: "error" }]);
});

test("problemsOf: a long value is cut", () => {
  const request = filled({ videos: clips(1, `data:video/mp4;base64,${"A".repeat(5_000)}`), watermark: true });
  const [problem] = problemsOf(jiekou.rules, request, readingOf(undefined));
  expect(problem?.given.length).toBeLessThan(100);
});

test.each([
  ["a watermark", { watermark: true }, ["jiekou", "ark"]],
  ["a safety check", { safetyCheck: true }, ["hiapi"]],
  ["4k", { resolution: "4k" }, ["toapis", "ark"]],
  ["an adaptive ratio of an automatic length", { ratio: "adaptive", seconds: "auto" }, ["ark"]],
  ["a pro model", { model: "seedance-2.0-pro" }, ["xingchao"]],
  ["a mini model with frames", { model: "seedance-2.0-mini", images: [frame("first_frame")] }, ["ark"]],
  [
    "a stored file as a first frame",
    { images: [frame("first_frame", "media://abc.png")] },
    ["hiapi", "jiekou", "toapis", "ark"],
  ],
  ["a stored file as a reference video", { videos: clips(1, "media://abc.mp4") }, ["hiapi", "toapis"]],
  ["an asset as a reference video", { videos: clips(1, "asset://a1") }, ["hiapi", "toapis", "xingchao", "ark"]],
  ["a pro model with a watermark", { model: "seedance-2.0-pro", watermark: true }, []],
] as const)("%s: providers that accept %j: %j", (_what, part, names) => {
  expect(providersAccepting(filled(part as Part))).toEqual(names);
});

test("ToAPIs: mini and the ratios follow the page, unless the account selects the newer page", () => {
  const mini = filled({ model: "seedance-2.0-mini", seconds: 7, returnLastFrame: true, generateAudio: true });
  const framed = { ...mini, images: [frame("first_frame"), frame("last_frame")] };
  const check = (request: typeof mini, switches: Record<string, boolean>) =>
    problemsOf(toapis.rules, request, { switches, pricesPerSecond: {} }).map(
      ({ rule, severity }) => `${rule} ${severity}`,
    );
  expect(check(framed, {})).toEqual(["T-V3 warning", ...Array(4).fill("T-V9 error")]);
  expect(check(framed, { miniAsTheOthers: true })).toEqual([]);
  expect(check(filled({ ratio: "adaptive" }), {})).toEqual(["T-V5 error"]);
  expect(check(filled({ ratio: "adaptive" }), { adaptiveRatio: true })).toEqual([]);
});
