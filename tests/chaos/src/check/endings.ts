import { isResting, mayMove } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { ChangedEnd } from "../observer.ts";
import type { Evidence } from "./evidence.ts";
import type { Finding } from "./finding.ts";

/** I1, I4, I6 and the table of moves. */
export function endings(evidence: Evidence): Finding[] {
  return [notLost(evidence), endsOnce(evidence), sticky(evidence), finalizedOnce(evidence), steps(evidence)];
}

function notLost({ rows, records }: Evidence): Finding {
  const promised = rows.filter(({ told }) => told === "ok");
  return {
    promise: "I1",
    what: "whatever the front door said yes to is in the ledger",
    checked: promised.length,
    broken: promised
      .filter(({ id = "" }) => !records.has(id))
      .map(({ marker, id }) => `${marker} was accepted as ${id} and is gone`),
    unknown: rows.filter(({ told }) => told === "open").length,
  };
}

function endsOnce({ records, stuck }: Evidence): Finding {
  const states = [...records].map(([id, { record }]) => ({ id, state: record.state, lane: record.lane }));
  const restless = states.filter(({ state }) => !isResting(state) && state !== "needs_review");
  return {
    promise: "I1",
    what: "everything comes to rest, or before a person",
    checked: states.length,
    broken: [...new Set([...stuck, ...restless.map(({ id }) => id)])].map(
      (id) => `${id} is ${records.get(id)?.record.state} (${records.get(id)?.record.lane})`,
    ),
    unknown: 0,
  };
}

/** An end that is read from a server which is about to be deposed may be taken back with it; where it came again, nothing was lost by that. */
function sticky({ records, changedEnds, takeovers }: Evidence): Finding {
  const cameAgain = ({ id, was }: ChangedEnd) => takeovers > 0 && records.get(id)?.record.state === was;
  const ended = [...records.values()].filter(({ record }) => isResting(record.state));
  const reopened = ended.flatMap(({ id, record }) => {
    const names = ledger.timelineOf(record).map(({ state }) => state);
    const first = names.findIndex((state) => state === "succeeded" || state === "failed" || state === "canceled");
    return first >= 0 && first < names.length - 1 ? [`${id} went on after its end: ${names.join(" ")}`] : [];
  });
  return {
    promise: "I4",
    what: "an end that was once seen or written stays",
    checked: ended.length,
    broken: [
      ...changedEnds.filter((end) => !cameAgain(end)).map(({ id, was, is }) => `${id} was ${was} and is ${is}`),
      ...reopened,
    ],
    unknown: changedEnds.filter(cameAgain).length,
  };
}

function finalizedOnce({ records, deliveries, files }: Evidence): Finding {
  const succeeded = [...records.values()].filter(({ record }) => record.state === "succeeded");
  const events = Map.groupBy(deliveries, ({ generation }) => generation);
  const kept = Map.groupBy(files.keys(), (key) => key.split("/").at(-2) ?? "");
  const broken = succeeded.flatMap(({ id, record, request }) => {
    const times = ledger.timelineOf(record).filter(({ state }) => state === "succeeded").length;
    const announced = events.get(id)?.length ?? 0;
    const wanted = request.webhook === undefined ? 0 : 1;
    return [
      ...(times === 1 ? [] : [`${id} succeeded ${times} times`]),
      ...(announced === wanted ? [] : [`${id} was announced ${announced} times`]),
      ...keptAsSaid(id, record, kept.get(id) ?? [], files),
    ];
  });
  return {
    promise: "I6",
    what: "finalized once: one end, one event, one set of files with the bytes that the record says, one manifest",
    checked: succeeded.length,
    broken,
    unknown: 0,
  };
}

function keptAsSaid(
  id: string,
  record: ledger.GenerationRecord,
  keys: readonly string[],
  files: Evidence["files"],
): string[] {
  const outputs = ledger.outputsOf(id, record.outputsText);
  const manifests = keys.filter((key) => key.endsWith("/manifest.json")).length;
  const extra = keys.filter((key) => !key.endsWith("/manifest.json") && !outputs.some((output) => output.key === key));
  return [
    ...(outputs.length > 0 ? [] : [`${id} succeeded without outputs`]),
    ...outputs
      .filter(({ key, sha256 }) => files.get(key) !== sha256)
      .map(({ key }) => `${key} is missing or has other bytes`),
    ...extra.map((key) => `${key} is kept, but ${id} does not know it`),
    ...(manifests === 1 ? [] : [`${id} has ${manifests} manifests`]),
  ];
}

function steps({ records }: Evidence): Finding {
  let checked = 0;
  const broken = [...records.values()].flatMap(({ id, record }) => {
    const names = ledger.timelineOf(record).map(({ state }) => state);
    return names.flatMap((to, i) => {
      const from = names[i - 1];
      if (from === undefined) return [];
      checked += 1;
      return mayMove(from, to) ? [] : [`${id}: ${from} → ${to} is in no table`];
    });
  });
  return { promise: "moves", what: "every recorded step is one of the table of moves", checked, broken, unknown: 0 };
}
