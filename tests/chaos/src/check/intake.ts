import type { Evidence } from "./evidence.ts";
import type { Finding } from "./finding.ts";
import { markerOf } from "./money.ts";

/** I8: one key, one generation, however often it was asked for. */
export function intake({ rows, records }: Evidence): Finding[] {
  const byMarker = Map.groupBy(records.values(), markerOf);
  const broken = rows.flatMap(({ marker, wrongs }) => {
    const made = byMarker.get(marker)?.length ?? 0;
    return [
      ...wrongs.map((wrong) => `${marker}: ${wrong}`),
      ...(made > 1 ? [`${marker} made ${made} generations`] : []),
    ];
  });
  return [
    {
      promise: "I8",
      what: "the same key and body always find the same generation; another body is refused",
      checked: rows.reduce((sum, { tries, repeats }) => sum + tries + 2 * repeats, 0),
      broken,
      unknown: 0,
    },
  ];
}
