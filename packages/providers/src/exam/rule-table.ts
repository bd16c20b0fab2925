import { type GenerationRequest, generationRequest, type Problem } from "@reelqueue/contracts";
import { describe, expect, test } from "vitest";
import type { Reading } from "../capabilities.ts";
import { providers } from "../registry.ts";
import { capabilityRules } from "../rules/capability-rules.ts";
import { problemsOf, type ValidationRule } from "../rules/validation.ts";

export type Part = { [Field in keyof GenerationRequest]?: GenerationRequest[Field] | undefined };

/** Requests that keep one rule, and requests that break it. */
export interface Example {
  keep: Part[];
  break: Part[];
  /** The switch of the account that activates the rule. */
  on?: string;
  /** A request that breaks it is a warning, whatever the label of the rule. */
  advice?: true;
}

export const web = "https://cdn.example.com/x";
export const frame = (role: "first_frame" | "last_frame", url = web) => ({ role, url });
export const images = (n: number, url = web) => Array.from({ length: n }, () => ({ role: "reference" as const, url }));
export const clips = (n: number, url = web) => Array.from({ length: n }, () => ({ url }));
/** A value that the schema refuses, to test that the rule refuses it too. */
export const odd = <T>(value: unknown) => value as T;

/** Examples of the rules of every provider. */
export const general: Record<string, Example> = {
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

/** Examples of the advice on the prompt length. */
export const promptLengths: Example = {
  advice: true,
  keep: [{ prompt: "字".repeat(500) }, { prompt: "word ".repeat(1_000) }],
  break: [{ prompt: "字".repeat(501) }, { prompt: "word ".repeat(1_001) }],
};

/**
 * Tests a provider's rules: an example for every rule, a rule for every example, and each rule refuses its examples.
 */
export function examineRules(
  name: string,
  own: readonly ValidationRule[],
  examples: Readonly<Record<string, Example>>,
): void {
  const provider = providers[name];
  if (!provider) throw new Error(`${name} is not in the registry`);
  const rows = [...capabilityRules(provider.capabilities), ...own];

  describe(name, () => {
    test("every rule has an example, and every example a rule", () => {
      expect(Object.keys(examples).sort()).toEqual([...new Set(rows.map(({ id }) => id))].sort());
    });

    test.each(rows.map((row): [string, ValidationRule] => [`${row.id} (${row.label}) ${row.source}`, row]))(
      "%s",
      (_, row) => {
        const example = examples[row.id];
        const reading = readingOf(example);
        const found = (part: Part) =>
          problemsOf(provider.rules, filled(part), reading).filter(({ rule }) => rule === row.id);
        for (const part of example?.keep ?? []) expect({ part, found: found(part) }).toEqual({ part, found: [] });
        const broken = example?.break.filter((part) => problemsOf([row], filled(part), reading).length > 0);
        expect(broken, "a request that breaks this row").not.toEqual([]);
      },
    );

    test.each(Object.entries(examples))("%s: an error, or a warning if it is advice or INFERRED", (id, example) => {
      for (const part of example.break) {
        const problems = problemsOf(provider.rules, filled(part), readingOf(example)).filter(({ rule }) => rule === id);
        expect({ part, found: problems.length }).not.toEqual({ part, found: 0 });
        for (const problem of problems) expectComplete(problem, example);
      }
    });
  });
}

/** A request with the defaults of the schema and these parts, which may be invalid. */
export function filled(part: Part): GenerationRequest {
  return { ...generationRequest.parse({ prompt: "A glass frog" }), ...part } as GenerationRequest;
}

export function readingOf(example: Example | undefined): Reading {
  return { switches: example?.on === undefined ? {} : { [example.on]: true }, pricesPerSecond: {} };
}

function expectComplete(problem: Problem, { advice }: Example): void {
  expect(problem.severity).toBe(advice || problem.label === "INFERRED" ? "warning" : "error");
  for (const text of [problem.given, problem.allowed, problem.source, problem.field]) expect(text).not.toBe("");
}
