import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";

const folder = new URL("../scripts/", import.meta.url);

/** Scripts by name, with their includes. */
const scripts: ReadonlyMap<string, { text: string; sha: string }> = new Map(
  readdirSync(folder)
    .filter((file) => file.endsWith(".lua"))
    .map((file) => {
      const text = withIncludes(readFileSync(new URL(file, folder), "utf8"));
      return [file.slice(0, -4), { text, sha: createHash("sha1").update(text).digest("hex") }];
    }),
);

export type ScriptName =
  | "accept"
  | "admit"
  | "claim"
  | "claim_deliveries"
  | "confirm"
  | "delivered"
  | "extend_lease"
  | "followed"
  | "list_past_deadline"
  | "make_all_due"
  | "make_due_now"
  | "move"
  | "promote_delayed"
  | "purge"
  | "read"
  | "reassign"
  | "record_unowned"
  | "redispatch"
  | "release_slot"
  | "renew_claim"
  | "replay"
  | "request_cancel"
  | "reschedule"
  | "reserve_risk_budget"
  | "throttle"
  | "update_fields";

export function scriptNamed(name: ScriptName): { text: string; sha: string } {
  const script = scripts.get(name);
  if (!script) throw new Error(`no script named ${name}`);
  return script;
}

function withIncludes(text: string): string {
  return text.replace(/^--- @include (\w+)$/gm, (_, name: string) =>
    readFileSync(new URL(`include/${name}.lua`, folder), "utf8").trimEnd(),
  );
}
