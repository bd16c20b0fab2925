import type { Client } from "@reelqueue/client";
import type { AccountView } from "@reelqueue/contracts";
import { type LocalFiles, storeLocalFiles } from "./media.ts";
import type { LineProblem, ReadRows, Row } from "./rows.ts";
import { filled, type Variables } from "./variables.ts";

export interface Preparing {
  client: Client;
  accounts: readonly AccountView[];
  folder: string;
  variables: Variables;
}

/** Rows that can be asked about, and what is wrong with the others. */
export interface Prepared {
  rows: Row[];
  files: LocalFiles;
  problems: LineProblem[];
}

/** Fills in variables and puts local media into the media store. */
export async function prepare(
  { rows: read, problems }: ReadRows,
  { client, accounts, folder, variables }: Preparing,
  rule: (row: Row) => LineProblem[] = () => [],
): Promise<Prepared> {
  const rows: Row[] = [];
  const found = [...problems];
  const values = { ...ownVariables(accounts), ...variables };
  for (const each of read) {
    const { row, problems: unfilled } = filled(each, values);
    found.push(...unfilled, ...rule(row));
    rows.push(row);
  }
  const good = (all: readonly Row[]) => {
    const bad = new Set(found.map(({ line }) => line));
    return all.filter(({ line }) => !bad.has(line));
  };
  const { files, problems: missing } = await storeLocalFiles(good(rows), folder, client);
  found.push(...missing);
  return { rows: good(rows), files, problems: found };
}

/** Sample rows name media that the simulated provider serves. */
function ownVariables(accounts: readonly AccountView[]): Variables {
  const simulated = accounts.find(({ live, baseUrl }) => !live && baseUrl !== undefined);
  return simulated?.baseUrl === undefined ? {} : { SIMULATOR_URL: new URL(simulated.baseUrl).origin };
}
