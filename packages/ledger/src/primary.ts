/** The server that has the cell, as this process last saw it. */
export interface Primary {
  /** Changes when another server takes over; "": not seen yet. */
  id: string;
  /** Replicas that follow it closely. */
  replicas: number;
  /** It has had replicas since this process knows it: one of them may take over, so a write that must last has to be there too. */
  replicated: boolean;
}

export const unseen: Primary = { id: "", replicas: 0, replicated: false };

/** A replica that has not been heard of for longer counts as away (seconds). */
const heardWithinS = 5;

/** What INFO says of the primary, beside what was known. One that is left alone under the same id may just have been deposed: it stays `replicated`. */
export function primaryOf(info: ReadonlyMap<string, string>, before: Primary): Primary {
  const id = info.get("master_replid") ?? "";
  const attached = [...info].filter(([name]) => /^slave\d+$/.test(name)).map(([, value]) => value);
  // one that is still being filled may take over as well, empty as it is
  const replicated = attached.length > 0 || (before.replicated && before.id === id);
  return { id, replicas: attached.filter(isInStep).length, replicated };
}

function isInStep(replica: string): boolean {
  const lag = /,lag=(\d+)/.exec(replica)?.[1];
  return replica.includes("state=online") && lag !== undefined && Number(lag) <= heardWithinS;
}

/** The fields of an INFO by name. */
export function parseInfo(text: string): Map<string, string> {
  const lines = text.split("\r\n").filter((line) => line.includes(":"));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]));
}
