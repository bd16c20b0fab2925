import { endings } from "./endings.ts";
import type { Evidence } from "./evidence.ts";
import type { Finding } from "./finding.ts";
import { intake } from "./intake.ts";
import { money } from "./money.ts";
import { webhooks } from "./webhooks.ts";

/** Compares all witnesses with each other. Nothing that the system counts of itself is believed. */
export function check(evidence: Evidence): Finding[] {
  return [...endings(evidence), ...money(evidence), ...webhooks(evidence), ...intake(evidence), whole(evidence)];
}

function whole({ contradictions, records }: Evidence): Finding {
  return {
    promise: "ledger",
    what: "every record, index, due time and slot counter of the ledger agrees with every other",
    checked: records.size,
    broken: [...contradictions],
    unknown: 0,
  };
}
