import { isResting, mayMove } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { type ChangedEnd, finals } from "../observer.ts";
import { type Evidence, type Finding, finding, historyOf } from "./evidence.ts";

/** I1, I4, I6 and the table of moves. */
export function endings(evidence: Evidence): Finding[] {
  return [notLost, allRest, endsAreFinal, finalizedOnce, allowedMoves].map((check) => check(evidence));
}

function notLost({ rows, records }: Evidence): Finding {
  const accepted = rows.filter(({ answer }) => answer === "ok");
  const lost = accepted
    .filter(({ id = "" }) => !records.has(id))
    .map(({ marker, id }) => `${marker} was accepted as ${id} and is not in the ledger`);
  const unknown = rows.filter(({ answer }) => answer === "open").length;
  return { ...finding("I1", "every accepted generation is in the ledger", accepted.length, lost), unknown };
}

function allRest({ records, stuck }: Evidence): Finding {
  const notResting = [...records.values()].filter(
    ({ record: { state } }) => !isResting(state) && state !== "needs_review",
  );
  const broken = [...new Set([...stuck, ...notResting.map(({ id }) => id)])].map(
    (id) => `${id} is ${records.get(id)?.record.state} (${records.get(id)?.record.lane})`,
  );
  return finding("I1", "every generation rests or waits for manual review", records.size, broken);
}

/**
 * During a failover a final state may be read from the demoted primary and be lost with it; when it was reached again,
 * it counts as unknown.
 */
function endsAreFinal({ records, changedEnds, takeovers }: Evidence): Finding {
  const wasReachedAgain = ({ id, was }: ChangedEnd) => takeovers > 0 && records.get(id)?.record.state === was;
  const ended = [...records.values()].filter(({ record }) => isResting(record.state));
  const reopened = ended.flatMap(({ id, record }) => {
    const states = historyOf(record);
    const first = states.findIndex((state) => finals.includes(state));
    return first >= 0 && first < states.length - 1 ? [`${id} changed after its final state: ${states.join(" ")}`] : [];
  });
  const broken = [
    ...changedEnds.filter((end) => !wasReachedAgain(end)).map(({ id, was, is }) => `${id} was ${was} and is ${is}`),
    ...reopened,
  ];
  return {
    ...finding("I4", "a final state that was read or written does not change", ended.length, broken),
    unknown: changedEnds.filter(wasReachedAgain).length,
  };
}

function finalizedOnce({ records, deliveries, files }: Evidence): Finding {
  const succeeded = [...records.values()].filter(({ record }) => record.state === "succeeded");
  const events = Map.groupBy(deliveries, ({ generation }) => generation);
  const kept = Map.groupBy(files.keys(), (key) => key.split("/").at(-2) ?? "");
  const broken = succeeded.flatMap((found) => {
    const { id, record, request } = found;
    const times = historyOf(record).filter((state) => state === "succeeded").length;
    const announced = events.get(id)?.length ?? 0;
    const wanted = request.webhook === undefined ? 0 : 1;
    return [
      ...(times === 1 ? [] : [`${id} succeeded ${times} times`]),
      ...(announced === wanted ? [] : [`${id} has ${announced} events`]),
      ...filesAsRecorded(found, kept.get(id) ?? [], files),
    ];
  });
  const what = "finalized once: one end, one event, one set of files with the recorded SHA-256, one manifest";
  return finding("I6", what, succeeded.length, broken);
}

function filesAsRecorded({ id, record }: ledger.Found, keys: readonly string[], files: Evidence["files"]): string[] {
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
  const recorded = [...records.values()].flatMap(({ id, record }) => {
    const states = historyOf(record);
    return states.slice(1).map((to, i) => ({ id, from: states[i] ?? to, to }));
  });
  const broken = recorded
    .filter(({ from, to }) => !mayMove(from, to))
    .map(({ id, from, to }) => `${id}: ${from} → ${to} is not an allowed move`);
  return finding("moves", "every recorded move is in the table of moves", recorded.length, broken);
}
