import type { FailureRuling } from "./rulings.ts";

/** What the original service (Volcengine Ark) writes when a task fails, as resellers pass it on in their texts. */
export const passedThrough: readonly FailureRuling[] = [
  {
    text: /SensitiveContentDetected|RiskDetection|ContentSecurityDetection/,
    means: "moderation",
    label: "INFERRED",
    source: "codes of Ark, FOUND there; that a reseller passes them on is INFERRED",
  },
  {
    text: /moderation|content.{0,20}(polic|reject|violat|block|refus)|(polic|guideline).{0,20}violat|sensitive|nsfw|copyright|违规|敏感|违反|审核/i,
    means: "moderation",
    label: "INFERRED",
    source: "words of content rules",
  },
  {
    text: /InvalidParameter|MissingParameter|invalid (param|image|video|audio|input|request)|unsupported (format|image|video|audio)|rejected the (prompt|input|request)/i,
    means: "rejected",
    label: "INFERRED",
    source: "codes of Ark; words of an invalid input",
  },
  {
    text: /InternalService|ServerOverloaded|internal (server )?error|time(d)?[ -]?out|temporarily|unavailable|overloaded|try again/i,
    means: "upstream",
    label: "INFERRED",
    source: "codes of Ark; words of a fault on the other side",
  },
];
