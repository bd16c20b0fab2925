import type { Label, Problem } from "@reelqueue/contracts";
import type { Provider, Reading } from "../provider.ts";
import type { MediaFacts } from "./file-limits.ts";
import { type BrokenLimit, judge, judgeTotal, type MediaLimits } from "./file-limits.ts";
import type { Medium } from "./media.ts";

/** One rule of a provider's documents about media files, which only the file itself can keep or break. */
export interface MediaRule {
  id: string;
  label: Label;
  source: string;
  /** What it is about. */
  of: readonly Medium["kind"][];
  limits: MediaLimits;
  /** The switch that must be on. */
  on?: string;
}

/** A medium of a request, and what its file turned out to be. */
export interface SeenMedium {
  medium: Medium;
  facts: MediaFacts;
}

/** Every media rule of the provider that the files break, in the order of its rules. */
export function mediaProblems(
  { mediaRules }: Pick<Provider, "mediaRules">,
  seen: readonly SeenMedium[],
  { switches }: Pick<Reading, "switches">,
): Problem[] {
  const held = mediaRules.filter(({ on }) => on === undefined || switches[on] === true);
  return held.flatMap((rule) => {
    const files = seen.filter(({ medium }) => rule.of.includes(medium.kind));
    const each = files.flatMap(({ medium, facts }) => breaches(rule, medium.field, (limits) => judge(facts, limits)));
    // The sum over one file is that file again.
    if (files.length < 2) return each;
    const facts = files.map((file) => file.facts);
    return [...each, ...breaches(rule, `${files[0]?.medium.kind}s`, (limits) => judgeTotal(facts, limits))];
  });
}

/** What is let pass only because encoders add a little is told too. INFERRED: no document speaks of it. */
function breaches(rule: MediaRule, field: string, judged: (limits: MediaLimits) => BrokenLimit[]): Problem[] {
  const beyond = judged(rule.limits);
  const close = judged(exactly(rule.limits)).filter(({ limit }) => !beyond.some((broken) => broken.limit === limit));
  return [
    ...beyond.map((broken) => problem(rule, field, broken)),
    ...close.map((broken) =>
      problem({ ...rule, label: "INFERRED", source: `${rule.source}; ${tolerance}` }, field, broken),
    ),
  ];
}

function problem({ id, label, source }: MediaRule, field: string, { given, allowed }: BrokenLimit): Problem {
  return { field, given, allowed, rule: id, label, source, severity: label === "INFERRED" ? "warning" : "error" };
}

function exactly({ seconds, totalSeconds, ...limits }: MediaLimits): MediaLimits {
  return {
    ...limits,
    ...(seconds && { seconds: { ...seconds, slack: 0 } }),
    ...(totalSeconds && { totalSeconds: { ...totalSeconds, slack: 0 } }),
  };
}

/** INFERRED: 15 s of sound are 15.047 s as MP3 at 44,100 Hz, and 15 s made by Seedance are 361 frames, 15.042 s. */
const slack = 0.1;
const tolerance = `up to ${slack} s more pass, for what encoders add`;

/** What every document of the family allows of a clip's length: 2 to 15 s each, 15 s of one kind in all. */
export const clipSeconds = {
  seconds: { min: 2, max: 15, slack },
  totalSeconds: { max: 15, slack },
} as const satisfies MediaLimits;

/** The larger of the two readings of "MB". INFERRED: no document says which it means. */
export const megabytes = (count: number): number => count * 1_048_576;
