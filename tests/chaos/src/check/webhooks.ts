import { isResting } from "@reelqueue/contracts";
import { type Evidence, type Finding, finding } from "./evidence.ts";

/** I7, by the log of the webhook receiver. */
export function webhooks({ records, received, deliveries }: Evidence): Finding[] {
  const ended = [...records.values()].filter(({ record, request }) => isResting(record.state) && request.webhook);
  const byId = Map.groupBy(received, ({ id }) => id);
  const byGeneration = Map.groupBy(deliveries, ({ generation }) => generation);
  const notDelivered = ended.flatMap(({ id, record }) => {
    const events = byGeneration.get(id) ?? [];
    const arrived = events.filter((event) => byId.get(event.id)?.some(({ status }) => status === 200));
    return events.length === 1 && arrived.length === 1
      ? []
      : [`${id} (${record.state}): ${arrived.length} of ${events.length} events arrived`];
  });
  const changing = [...byId].filter(([, tries]) => new Set(tries.map(({ body }) => body)).size > 1);
  const forged = received.filter(({ verified }) => verified === false);
  const known = new Set(deliveries.map(({ id }) => id));
  const allTries = "all tries of an event have the same bytes, a valid signature and an id of the ledger";
  return [
    finding("I7", "each ending has one event, delivered at least once", ended.length, notDelivered),
    finding("I7", allTries, received.length, [
      ...changing.map(([id]) => `${id} had different bodies`),
      ...forged.map(({ id }) => `${id} had an invalid signature`),
      ...[...byId.keys()].filter((id) => !known.has(id)).map((id) => `${id} is not in the ledger`),
    ]),
  ];
}
