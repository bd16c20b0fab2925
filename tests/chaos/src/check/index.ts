import { endings } from "./endings.ts";
import { type Evidence, type Finding, finding } from "./evidence.ts";
import { markerOf, money } from "./money.ts";
import { webhooks } from "./webhooks.ts";

/** Compares all evidence. Counters of the system itself are not used. */
export function check(evidence: Evidence): Finding[] {
  const { records, contradictions } = evidence;
  const agree = "records, indexes, due times and slot counters of the ledger agree";
  return [
    ...endings(evidence),
    ...money(evidence),
    ...webhooks(evidence),
    oneKeyOneGeneration(evidence),
    finding("ledger", agree, records.size, contradictions),
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
  const what = "the same key and body always return the same generation; another body is refused";
  const checked = rows.reduce((sum, { tries, repeats }) => sum + tries + 2 * repeats, 0);
  return finding("I8", what, checked, broken);
}
