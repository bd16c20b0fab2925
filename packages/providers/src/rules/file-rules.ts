import { type Label, type Problem, shownLabel } from "@reelqueue/contracts";
import type { Reading } from "../capabilities.ts";
import { type BrokenLimit, brokenLimits, brokenTotal, type FileLimits, type MediaFacts } from "./file-limits.ts";
import type { Medium } from "./media.ts";

/** One rule of a provider's documents that only a media file itself can break. */
export interface FileRule {
  id: string;
  label: Label;
  source: string;
  /** The kinds of media that the rule is about. */
  of: readonly Medium["kind"][];
  limits: FileLimits;
  /** The switch that activates the rule; absent: always active. */
  on?: string;
}

/** A medium of a request and the facts of its file. */
export interface InspectedMedium {
  medium: Medium;
  facts: MediaFacts;
}

/** All problems of the files, in the order of the rules. */
export function fileProblemsOf(
  rules: readonly FileRule[],
  inspected: readonly InspectedMedium[],
  { switches }: Pick<Reading, "switches">,
): Problem[] {
  const active = rules.filter(({ on }) => on === undefined || switches[on] === true);
  return active.flatMap((rule) => {
    const files = inspected.filter(({ medium }) => rule.of.includes(medium.kind));
    const each = files.flatMap(({ medium, facts }) =>
      breaches(rule, medium.field, (limits) => brokenLimits(facts, limits)),
    );
    // The total of one file is its own length.
    if (files.length < 2) return each;
    const facts = files.map((file) => file.facts);
    return [...each, ...breaches(rule, `${files[0]?.medium.kind}s`, (limits) => brokenTotal(facts, limits))];
  });
}

/** A file that passes only by the slack for encoders is a warning. INFERRED: no document mentions it. */
function breaches(rule: FileRule, field: string, evaluate: (limits: FileLimits) => BrokenLimit[]): Problem[] {
  const beyond = evaluate(rule.limits);
  const withinSlack = evaluate(withoutSlack(rule.limits)).filter(
    ({ limit }) => !beyond.some((broken) => broken.limit === limit),
  );
  return [
    ...beyond.map((broken) => problem(rule, field, broken)),
    ...withinSlack.map((broken) =>
      problem({ ...rule, label: "INFERRED", source: `${rule.source}; ${tolerance}` }, field, broken),
    ),
  ];
}

function problem({ id, label, source }: FileRule, field: string, { given, allowed }: BrokenLimit): Problem {
  const severity = label === "INFERRED" ? "warning" : "error";
  return { field, given, allowed, rule: id, label: shownLabel(label), source, severity };
}

function withoutSlack({ seconds, totalSeconds, ...limits }: FileLimits): FileLimits {
  return {
    ...limits,
    ...(seconds && { seconds: { ...seconds, slack: 0 } }),
    ...(totalSeconds && { totalSeconds: { ...totalSeconds, slack: 0 } }),
  };
}

/** INFERRED: 15 s of sound are 15.047 s as MP3 at 44,100 Hz, and 15 s made by Seedance are 361 frames, 15.042 s. */
const slack = 0.1;
const tolerance = `up to ${slack} s more are accepted, because encoders add some`;

/** The clip lengths that every document of the family allows: 2 to 15 s each, 15 s of one kind in total. */
export const clipSeconds = {
  seconds: { min: 2, max: 15, slack },
  totalSeconds: { max: 15, slack },
} as const satisfies FileLimits;

/** The larger of the two readings of "MB". INFERRED: no document says which it means. */
export const megabytes = (count: number): number => count * 1_048_576;
