import { CommandError } from "../../errors.ts";
import { type CheckedRow, isNew } from "./check.ts";
import { hasOwnKey } from "./keys.ts";
import { ask, type Screen } from "./screen.ts";

/** What equal rows of a file ask for: one video, or one each. */
export type Equal = "once" | "each";

interface EqualOptions {
  equal?: Equal;
  yes?: boolean;
  dryRun?: boolean;
}

/**
 * The rows to enqueue, after the equal ones were named; `undefined`: nobody said what they ask for. A dry run without
 * `equal` keeps each.
 */
export async function settleEqual(
  rows: CheckedRow[],
  { equal, yes, dryRun }: EqualOptions,
  { screen, signal }: { screen: Screen; signal: AbortSignal },
): Promise<CheckedRow[] | undefined> {
  const groups = equalRows(rows);
  if (groups.length === 0 || equal === "each") return rows;
  screen.print(groupLines(groups));
  if (equal === "once") return withoutRepeats(rows, groups);
  if (dryRun) return rows;
  if (yes || !process.stdin.isTTY)
    throw new CommandError(
      "Some rows are equal: add --equal once for one video of them, or --equal each for one video a row. Nothing was enqueued.",
    );
  const answer = await ask("One video of equal rows, or one for each row? [once/each] ", signal);
  if (answer === "once") return withoutRepeats(rows, groups);
  return answer === "each" ? rows : undefined;
}

/** Rows that ask for the same and have no key of their own, where one of them is new. */
function equalRows(rows: readonly CheckedRow[]): CheckedRow[][] {
  const groups = Map.groupBy(
    rows.filter((row) => !hasOwnKey(row)),
    ({ requestHash }) => requestHash,
  );
  return [...groups.values()].filter((group) => group.length > 1 && group.some(isNew));
}

/** Leaves the new rows of each group out, but the first one where none was made before. */
function withoutRepeats(rows: readonly CheckedRow[], groups: readonly CheckedRow[][]): CheckedRow[] {
  const repeats = new Set(groups.flatMap((group) => group.filter(isNew).slice(group.every(isNew) ? 1 : 0)));
  return rows.filter((row) => !repeats.has(row));
}

const maxGroups = 50;
const maxNumbers = 20;

function groupLines(groups: readonly CheckedRow[][]): string {
  const lines = groups.slice(0, maxGroups).map((group) => {
    const numbers = group.slice(0, maxNumbers).map(({ line }) => line);
    const rest = group.length - numbers.length;
    return `  lines ${numbers.slice(0, -1).join(", ")} and ${rest > 0 ? `${rest + 1} more` : numbers.at(-1)} are equal`;
  });
  const rest = groups.length - lines.length;
  return [...lines, ...(rest > 0 ? [`  … and ${rest} more groups of equal rows`] : [])].join("\n");
}
