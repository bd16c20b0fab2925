import { endings } from "./endings.ts";
import type { Evidence, Finding } from "./evidence.ts";
import { markerOf, money } from "./money.ts";
import { webhooks } from "./webhooks.ts";

/** Compares all evidence. Counters of the system itself are not used. */
export function check(evidence: Evidence): Finding[] {
  return [
    ...endings(evidence),
    ...money(evidence),
    ...webhooks(evidence),
    oneKeyOneGeneration(evidence),
    consistentLedger(evidence),
  ];
}

/** I8. */
function oneKeyOneGeneration({ rows, records }: Evidence): Finding {
  const byMarker = Map.groupBy(records.values(), markerOf);
  const broken = rows.flatMap(({ marker, contradictions }) => {
    const created = byMarker.get(marker)?.length ?? 0;
    return [
      ...contradictions.map((each) => `${marker}: ${each}`),
      ...(created > 1 ? [`${marker} created ${created} generations`] : []),
    ];
  });
  return {
    promise: "I8",
    what: "the same key and body always return the same generation; another body is refused",
    checked: rows.reduce((sum, { tries, repeats }) => sum + tries + 2 * repeats, 0),
    broken,
    unknown: 0,
  };
}

function consistentLedger({ contradictions, records }: Evidence): Finding {
  return {
    promise: "ledger",
    what: "records, indexes, due times and slot counters of the ledger agree",
    checked: records.size,
    broken: [...contradictions],
    unknown: 0,
  };
}
