import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ChaosOptions, readOptions } from "./options.ts";

/** Options of a small run of chaos whose report is deleted with `scope`. */
export function chaosOptions(scope: AsyncDisposableStack, options: Partial<ChaosOptions>): ChaosOptions {
  const report = mkdtempSync(join(tmpdir(), "reelqueue-chaos-report-"));
  scope.defer(() => rmSync(report, { recursive: true, force: true }));
  const small = ["--generations", "20", "--kills", "0", "--seed", "4", "--faults", "none", "--minutes", "3"];
  return { ...readOptions(small), redis: "alone", report, ...options };
}
