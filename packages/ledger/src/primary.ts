/** The server that has the cell, as this process last saw it. */
export interface Primary {
  /** Changes when another server takes over; "": not seen yet. */
  id: string;
  /** Replicas that follow it closely. */
  replicas: number;
  /** It has had replicas since this process knows it: one of them may take over, so a write that must last has to be there too. */
  replicated: boolean;
  /** The id under which it last had replicas; "": it had none. */
  followedAs: string;
}

export const unseen: Primary = { id: "", replicas: 0, replicated: false, followedAs: "" };

/** A replica that has not been heard of for longer counts as away (seconds). */
const heardWithinS = 5;

/**
 * What INFO says of the primary, beside what was known. One that is alone and was a replica of the one before has taken over. One that is left
 * alone under its id may just have been deposed, and one that was restarted, under a new id, may be about to be: both are `replicated`.
 */
export function primaryOf(info: ReadonlyMap<string, string>, before: Primary): Primary {
  const id = info.get("master_replid") ?? "";
  const attached = [...info].filter(([name]) => /^slave\d+$/.test(name)).map(([, value]) => value);
  // one that is still being filled may take over as well, empty as it is
  const followed = attached.length > 0;
  const tookOver = [before.id, before.followedAs].includes(info.get("master_replid2") ?? "");
  const alone = before.id === id ? before.replicated : before.followedAs !== "" && !tookOver;
  return {
    id,
    replicas: attached.filter(isInStep).length,
    replicated: followed || alone,
    followedAs: followed ? id : before.followedAs,
  };
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
