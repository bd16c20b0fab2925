import type { Client } from "@reelqueue/client";
import type { AccountView } from "@reelqueue/contracts";
import { type LocalFiles, storeLocalFiles } from "./media.ts";
import type { LineProblem, ReadRows, Row } from "./rows.ts";
import { fillVariables, type Variables } from "./rows.ts";

export interface PrepareOptions {
  client: Client;
  accounts: readonly AccountView[];
  /** Base folder of relative media paths. */
  folder: string;
  variables: Variables;
}

/** The rows that can be sent to the API, and the errors in the others. */
export interface Prepared {
  rows: Row[];
  files: LocalFiles;
  problems: LineProblem[];
}

/** Replaces variables, applies `rule` and uploads local media to the media store. */
export async function prepare(
  { rows: read, problems }: ReadRows,
  { client, accounts, folder, variables }: PrepareOptions,
  rule: (row: Row) => LineProblem[] = () => [],
): Promise<Prepared> {
  const rows: Row[] = [];
  const found = [...problems];
  const values = { ...simulatorVariables(accounts), ...variables };
  for (const each of read) {
    const { row, problems: unfilled } = fillVariables(each, values);
    found.push(...unfilled, ...rule(row));
    rows.push(row);
  }
  const withoutProblems = (all: readonly Row[]) => {
    const bad = new Set(found.map(({ line }) => line));
    return all.filter(({ line }) => !bad.has(line));
  };
  const { files, problems: missing } = await storeLocalFiles(withoutProblems(rows), folder, client);
  found.push(...missing);
  return { rows: withoutProblems(rows), files, problems: found };
}

/** SIMULATOR_URL: sample rows use media that the simulator serves. */
function simulatorVariables(accounts: readonly AccountView[]): Variables {
  const simulated = accounts.find(({ live, baseUrl }) => !live && baseUrl !== undefined);
  return simulated?.baseUrl === undefined ? {} : { SIMULATOR_URL: new URL(simulated.baseUrl).origin };
}
