import { type GenerationRequest, generationRequest, type Problem } from "@reelqueue/contracts";
import { describe, expect, test } from "vitest";
import { problemsOf, type Rule } from "./checking.ts";
import { generalRules } from "./general-rules.ts";
import { rules as hiapiRules } from "./hiapi/rules.ts";
import { rules as jiekouRules } from "./jiekou/rules.ts";
import type { Reading } from "./provider.ts";
import { providers, providersThatTake } from "./registry.ts";

type Part = { [Field in keyof GenerationRequest]?: GenerationRequest[Field] | undefined };
/** Requests that keep and that break one rule; `on` names the switches that the account has set. */
interface Example {
  keep: Part[];
  break: Part[];
  on?: string;
}

const web = "https://cdn.example.com/x";
const frame = (role: "first_frame" | "last_frame", url = web) => ({ role, url });
const images = (n: number, url = web) => Array.from({ length: n }, () => ({ role: "reference" as const, url }));
const clips = (n: number, url = web) => Array.from({ length: n }, () => ({ url }));
const odd = <T>(value: unknown) => value as T;

const general: Record<string, Example> = {
  "G-V2": { keep: [{ seconds: 5 }], break: [{ seconds: "auto" }] },
  "G-V4": {
    keep: [{ images: images(1) }, { videos: clips(1, "http://example.com/a.mp4") }],
    break: [
      { images: images(1, "./local.png") },
      { videos: clips(1, "/home/me/a.mp4") },
      { audios: clips(1, "ftp://example.com/a.wav") },
      { images: images(1, "data:image/png,plain") },
      { images: images(1, "https://") },
    ],
  },
  "G-V6": {
    keep: [{ images: [frame("first_frame"), frame("last_frame")] }, { images: images(3) }],
    break: [
      { images: [frame("first_frame"), frame("first_frame")] },
      { images: [frame("first_frame"), frame("last_frame"), frame("last_frame")] },
    ],
  },
  "G-V7": {
    keep: [{ prompt: "[Image 1] and [Image 2]", images: images(2) }, { prompt: "no image named" }],
    break: [
      { prompt: "[Image 3] dances", images: images(2) },
      { prompt: "[image 1]", images: [frame("first_frame")] },
      { prompt: "[Image 0]", images: images(1) },
    ],
  },
};

const jiekou: Record<string, Example> = {
  ...general,
  "G-V1": {
    keep: [{ model: "seedance-2.0-fast" }],
    break: [{ model: "seedance-2.0-mini" }],
  },
  "G-V3": { keep: [{ watermark: true, webSearch: true, safetyCheck: false }], break: [{ safetyCheck: true }] },
  "G-V5": {
    keep: [{ images: images(1) }],
    break: [{ images: images(1, "asset://a1") }, { videos: clips(1, "asset://a1") }],
  },
  "J-V1": {
    keep: [{ prompt: "x" }, { prompt: undefined, images: [frame("first_frame")] }, { prompt: "", videos: clips(1) }],
    break: [{ prompt: undefined }, { prompt: " \n" }, { prompt: "", images: [frame("last_frame")] }],
  },
  "J-V2": {
    keep: [{ images: [frame("last_frame"), frame("first_frame")] }, { images: [frame("first_frame")] }],
    break: [{ images: [frame("last_frame")] }],
  },
  "J-V3": {
    keep: [{ seconds: 4 }, { seconds: 15 }],
    break: [{ seconds: 3 }, { seconds: 16 }, { seconds: 5.5 }, { seconds: odd("5") }],
  },
  "J-V4": {
    keep: [{ resolution: "480p" }, { resolution: "720p" }, { resolution: "1080p" }],
    break: [{ resolution: "4k" }],
  },
  "J-V5": {
    keep: [{ resolution: "1080p" }, { resolution: "720p", model: "seedance-2.0-fast" }],
    break: [{ resolution: "1080p", model: "seedance-2.0-fast" }],
  },
  "J-V6": { keep: [{ ratio: undefined }, { ratio: "adaptive" }, { ratio: "21:9" }], break: [{ ratio: odd("2:1") }] },
  "J-V7": {
    keep: [{ seed: -1 }, { seed: 0 }, { seed: 4_294_967_295 }, { seed: undefined }],
    break: [{ seed: -2 }, { seed: 4_294_967_296 }, { seed: 1.5 }],
  },
  "J-V8": {
    keep: [
      { images: images(9) },
      { videos: clips(3) },
      { audios: clips(3), videos: clips(1) },
      { images: [frame("first_frame")] },
    ],
    break: [{ images: images(10) }, { videos: clips(4) }, { audios: clips(4), videos: clips(1) }],
  },
  "J-V9": {
    keep: [
      { audios: clips(1), images: images(1) },
      { audios: clips(1), videos: clips(1) },
    ],
    break: [{ audios: clips(1) }, { audios: clips(1), images: [frame("first_frame")] }],
  },
  "J-V10": {
    keep: [{ videos: clips(3) }],
    break: [{ videos: clips(1, "data:video/mp4;base64,AAAA") }, { videos: clips(1, "media://abc.mp4") }],
  },
  "J-V12": {
    keep: [
      { audios: clips(1, "data:audio/wav;base64,AAAA") },
      { audios: clips(1, "data:audio/x-wav;base64,AAAA") },
      { audios: clips(1, "data:audio/mpeg;base64,AAAA") },
      { audios: clips(1, "media://abc.mp3") },
      { audios: clips(1, "https://example.com/a.ogg") },
    ],
    break: [{ audios: clips(1, "data:audio/ogg;base64,AAAA") }, { audios: clips(1, "media://abc.flac") }],
  },
  "J-V13": {
    keep: ["jpeg", "png", "webp", "bmp", "tiff", "gif"].flatMap((format) => [
      { images: [frame("first_frame", `data:image/${format};base64,AAAA`)] },
      { images: images(1, `media://abc.${format}`) },
    ]),
    break: [
      { images: [frame("first_frame", "data:image/svg+xml;base64,AAAA")] },
      { images: [frame("first_frame"), frame("last_frame", "media://abc.heic")] },
      { images: images(1, "media://abc.avif") },
    ],
  },
  "J-V14": {
    keep: [{ images: [frame("first_frame")] }, { images: images(1) }],
    break: [{ images: [frame("first_frame"), ...images(1)] }, { images: [frame("first_frame")], videos: clips(1) }],
  },
  "J-V15": {
    keep: [{ prompt: "字".repeat(500) }, { prompt: "word ".repeat(1_000) }],
    break: [{ prompt: "字".repeat(501) }, { prompt: "word ".repeat(1_001) }],
  },
};

const hiapi: Record<string, Example> = {
  ...general,
  "G-V1": { keep: [{ model: "seedance-2.0" }], break: [{ model: "seedance-2.0-fast" }] },
  "G-V3": { keep: [{ watermark: false, safetyCheck: true, returnLastFrame: true }], break: [{ watermark: true }] },
  "H-V1": {
    keep: [{ prompt: "abc" }, { prompt: "x".repeat(20_000) }, { prompt: "👍👍👍" }],
    break: [{ prompt: "ab" }, { prompt: undefined }, { prompt: "x".repeat(20_001) }, { prompt: "👍👍" }],
  },
  "H-V2": { keep: [{ ratio: undefined }, { ratio: "adaptive" }, { ratio: "9:16" }], break: [{ ratio: odd("2:1") }] },
  "H-V3": {
    keep: [{ seconds: 4 }, { seconds: 15 }, { resolution: "1080p" }],
    break: [{ seconds: 3 }, { seconds: 16 }, { seconds: 4.5 }, { resolution: "4k" }],
  },
  "H-V4": {
    keep: [{ images: images(9) }, { images: [...images(7), frame("first_frame"), frame("last_frame")] }],
    break: [{ images: images(10) }, { images: [...images(8), frame("first_frame"), frame("last_frame")] }],
  },
  "H-V5": { keep: [{ videos: clips(3), audios: clips(3) }], break: [{ videos: clips(4) }, { audios: clips(4) }] },
  "H-V6": {
    keep: [{ seed: 0 }, { seed: 2_147_483_647 }, { seed: undefined }],
    break: [{ seed: -1 }, { seed: 2_147_483_648 }],
  },
  "H-V8": {
    keep: [{ images: [frame("first_frame"), frame("last_frame")] }],
    break: [{ images: [frame("last_frame")] }],
  },
  "H-V9": {
    on: "framesBesideReferencesRefused",
    keep: [{ images: images(9) }, { images: [frame("first_frame")] }],
    break: [{ images: [frame("first_frame"), ...images(1)] }, { images: [frame("first_frame")], audios: clips(1) }],
  },
  "H-V13": { keep: [{ audios: clips(1), images: images(1) }], break: [{ audios: clips(1) }] },
  "H-V14": {
    keep: [{ images: [frame("first_frame", "media://abc.png")] }, { images: images(1, "asset://a1") }],
    break: [{ images: images(1, "data:image/png;base64,AAAA") }, { videos: clips(1, "media://abc.mp4") }],
  },
};

const tables = [
  { name: "jiekou", rows: jiekouRules, examples: jiekou, without: [] },
  // HiAPI takes asset ids, so nothing can break the rule that refuses them.
  { name: "hiapi", rows: hiapiRules, examples: hiapi, without: ["G-V5"] },
];

describe.each(tables)("$name", ({ name, rows: own, examples, without }) => {
  const provider = providers[name];
  if (!provider) throw new Error(`${name} is not in the registry`);
  const rows = [...generalRules(provider.capabilities), ...own].filter(({ id }) => !without.includes(id));

  test("has an example for every rule and a rule for every example", () => {
    expect(Object.keys(examples).sort()).toEqual([...new Set(rows.map(({ id }) => id))].sort());
  });

  test.each(rows.map((row): [string, Rule] => [`${row.id} (${row.label}) ${row.source}`, row]))("%s", (_name, row) => {
    const example = examples[row.id];
    const reading = readingOf(example);
    for (const part of example?.keep ?? []) {
      expect({ part, found: provider.check(filled(part), reading).filter(({ rule }) => rule === row.id) }).toEqual({
        part,
        found: [],
      });
    }
    const found = example?.break.map((part) => ({ part, breaches: problemsOf([row], filled(part), reading) }));
    expect(
      found?.filter(({ breaches }) => breaches.length > 0).length,
      "a request that breaks this very row",
    ).toBeGreaterThan(0);
  });

  test.each(Object.entries(examples))("%s refuses, or warns where it is only concluded", (id, example) => {
    for (const part of example.break) {
      const problems = provider.check(filled(part), readingOf(example)).filter(({ rule }) => rule === id);
      expect({ part, severities: problems.map(severityAsRuled) }).not.toEqual({ part, severities: [] });
      expect(problems.every((problem) => problem.given !== "" && problem.allowed !== "" && problem.source !== "")).toBe(
        true,
      );
      expect(problems.map(severityAsRuled)).not.toContain("wrong");
    }
  });
});

function filled(part: Part): GenerationRequest {
  return { ...generationRequest.parse({ prompt: "A glass frog" }), ...part } as GenerationRequest;
}

function readingOf(example: Example | undefined): Reading {
  return { switches: example?.on === undefined ? {} : { [example.on]: true }, pricesPerSecond: {} };
}

function severityAsRuled({ label, severity, rule }: Problem): string {
  const expected = label === "INFERRED" || rule === "J-V15" ? "warning" : "error";
  return severity === expected ? severity : "wrong";
}

test("frames beside references are allowed within nine by HiAPI's page, unless the account reads it the other way", () => {
  const request = filled({ images: [frame("first_frame"), ...images(8)] });
  const check = (switches: Record<string, boolean>) =>
    providers.hiapi?.check(request, { switches, pricesPerSecond: {} });
  expect(check({})).toEqual([]);
  expect(check({ framesBesideReferencesRefused: true })).toMatchObject([{ rule: "H-V9", severity: "error" }]);
});

test("a long value is shown cut, and the provider that would take the request is named", () => {
  const request = filled({ videos: clips(1, `data:video/mp4;base64,${"A".repeat(5_000)}`), watermark: true });
  const [problem] = providers.jiekou?.check(request, readingOf(undefined)) ?? [];
  expect(problem?.given.length).toBeLessThan(100);
  expect(providersThatTake(filled({ watermark: true }))).toEqual(["jiekou"]);
  expect(providersThatTake(filled({ safetyCheck: true }))).toEqual(["hiapi"]);
  expect(providersThatTake(filled({ model: "seedance-2.0-mini" }))).toEqual([]);
});
