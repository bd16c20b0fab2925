import { isResting, mayMove } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { ChangedEnd } from "../observer.ts";
import type { Evidence, Finding } from "./evidence.ts";

/** I1, I4, I6 and the table of moves. */
export function endings(evidence: Evidence): Finding[] {
  return [
    notLost(evidence),
    allRest(evidence),
    endsAreFinal(evidence),
    finalizedOnce(evidence),
    allowedMoves(evidence),
  ];
}

function notLost({ rows, records }: Evidence): Finding {
  const accepted = rows.filter(({ answer }) => answer === "ok");
  return {
    promise: "I1",
    what: "every accepted generation is in the ledger",
    checked: accepted.length,
    broken: accepted
      .filter(({ id = "" }) => !records.has(id))
      .map(({ marker, id }) => `${marker} was accepted as ${id} and is not in the ledger`),
    unknown: rows.filter(({ answer }) => answer === "open").length,
  };
}

function allRest({ records, stuck }: Evidence): Finding {
  const states = [...records].map(([id, { record }]) => ({ id, state: record.state, lane: record.lane }));
  const notResting = states.filter(({ state }) => !isResting(state) && state !== "needs_review");
  return {
    promise: "I1",
    what: "every generation rests or waits for manual review",
    checked: states.length,
    broken: [...new Set([...stuck, ...notResting.map(({ id }) => id)])].map(
      (id) => `${id} is ${records.get(id)?.record.state} (${records.get(id)?.record.lane})`,
    ),
    unknown: 0,
  };
}

/**
 * During a failover a final state may be read from the demoted primary and be lost with it; when it was reached again,
 * it counts as unknown.
 */
function endsAreFinal({ records, changedEnds, takeovers }: Evidence): Finding {
  const wasReachedAgain = ({ id, was }: ChangedEnd) => takeovers > 0 && records.get(id)?.record.state === was;
  const ended = [...records.values()].filter(({ record }) => isResting(record.state));
  const reopened = ended.flatMap(({ id, record }) => {
    const names = ledger.timelineOf(record).map(({ state }) => state);
    const first = names.findIndex((state) => state === "succeeded" || state === "failed" || state === "canceled");
    return first >= 0 && first < names.length - 1 ? [`${id} changed after its final state: ${names.join(" ")}`] : [];
  });
  return {
    promise: "I4",
    what: "a final state that was read or written does not change",
    checked: ended.length,
    broken: [
      ...changedEnds.filter((end) => !wasReachedAgain(end)).map(({ id, was, is }) => `${id} was ${was} and is ${is}`),
      ...reopened,
    ],
    unknown: changedEnds.filter(wasReachedAgain).length,
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
      ...(announced === wanted ? [] : [`${id} has ${announced} events`]),
      ...filesAsRecorded(id, record, kept.get(id) ?? [], files),
    ];
  });
  return {
    promise: "I6",
    what: "finalized once: one end, one event, one set of files with the recorded SHA-256, one manifest",
    checked: succeeded.length,
    broken,
    unknown: 0,
  };
}

function filesAsRecorded(
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
      .map(({ key }) => `${key} is missing or has another SHA-256`),
    ...extra.map((key) => `${key} is stored but not in the record of ${id}`),
    ...(manifests === 1 ? [] : [`${id} has ${manifests} manifests`]),
  ];
}

function allowedMoves({ records }: Evidence): Finding {
  let checked = 0;
  const broken = [...records.values()].flatMap(({ id, record }) => {
    const names = ledger.timelineOf(record).map(({ state }) => state);
    return names.flatMap((to, i) => {
      const from = names[i - 1];
      if (from === undefined) return [];
      checked += 1;
      return mayMove(from, to) ? [] : [`${id}: ${from} → ${to} is not an allowed move`];
    });
  });
  return { promise: "moves", what: "every recorded move is in the table of moves", checked, broken, unknown: 0 };
}
