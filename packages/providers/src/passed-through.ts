import type { FailureRuling } from "./rulings.ts";

/** Codes of the original service (Volcengine Ark) and words of content rules, in the texts of resellers. */
const moderation =
  /SensitiveContentDetected|RiskDetection|ContentSecurityDetection|moderation|content.{0,20}(polic|reject|violat|block|refus)|(polic|guideline).{0,20}violat|rejected the prompt|sensitive|nsfw|copyright|违规|敏感|违反|审核/i;
const invalid =
  /InvalidParameter|MissingParameter|invalid (param|image|video|audio|input|request)|unsupported (format|image|video|audio)|rejected the (input|request)/i;
const fault =
  /InternalService|ServerOverloaded|(internal|server|service|system|upstream) (error|failure)|time(d)?[ -]?out|temporarily|unavailable|overloaded|try again/i;

const source = "codes of Ark, FOUND there, and plain words; that a reseller passes them on is INFERRED";

/** A content rule refused the input or the output. */
export const moderated = { text: moderation, means: "moderation", label: "INFERRED", source } as const;

/** What the texts of failed tasks mean where a provider documents no codes. */
export const passedThrough: readonly FailureRuling[] = [
  moderated,
  { text: invalid, means: "rejected", label: "INFERRED", source },
  { text: fault, means: "upstream", label: "INFERRED", source },
];
