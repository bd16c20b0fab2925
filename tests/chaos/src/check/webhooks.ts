import { isResting } from "@reelqueue/contracts";
import type { Evidence } from "./evidence.ts";
import type { Finding } from "./finding.ts";

/** I7: by the log of the customer's server. */
export function webhooks({ records, received, deliveries }: Evidence): Finding[] {
  const ended = [...records.values()].filter(({ record, request }) => isResting(record.state) && request.webhook);
  const byId = Map.groupBy(received, ({ id }) => id);
  const byGeneration = Map.groupBy(deliveries, ({ generation }) => generation);
  const silent = ended.flatMap(({ id, record }) => {
    const events = byGeneration.get(id) ?? [];
    const arrived = events.filter((event) => byId.get(event.id)?.some(({ status }) => status === 200));
    return events.length === 1 && arrived.length === 1
      ? []
      : [`${id} (${record.state}): ${arrived.length} of ${events.length} events arrived`];
  });
  const changing = [...byId].filter(([, tries]) => new Set(tries.map(({ body }) => body)).size > 1);
  const forged = received.filter(({ verified }) => verified === false);
  const known = new Set(deliveries.map(({ id }) => id));
  return [
    {
      promise: "I7",
      what: "each ending is announced under one id, and arrives at least once",
      checked: ended.length,
      broken: silent,
      unknown: 0,
    },
    {
      promise: "I7",
      what: "all tries of one event have the same bytes, a good signature and an id that the ledger knows",
      checked: received.length,
      broken: [
        ...changing.map(([id]) => `${id} came with different bodies`),
        ...forged.map(({ id }) => `${id} came with a bad signature`),
        ...[...byId.keys()].filter((id) => !known.has(id)).map((id) => `${id} is not in the ledger`),
      ],
      unknown: 0,
    },
  ];
}
