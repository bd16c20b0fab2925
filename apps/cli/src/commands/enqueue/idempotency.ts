import { createHash } from "node:crypto";
import type { Row } from "./rows.ts";

/**
 * The key under which a row is enqueued: batch, line and what it asks for. The same file again is the same generations, so nothing is
 * paid twice; a changed row is a new one. The order of fields and the blanks between them do not count.
 */
export function idempotencyKey(batch: string, { line, request }: Row): string {
  if (typeof request.idempotencyKey === "string") return request.idempotencyKey;
  const hash = createHash("sha256")
    .update(JSON.stringify(sorted(request)))
    .digest("base64url");
  return `${batch}:${line}:${hash.slice(0, 22)}`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, sorted(inner)]),
  );
}
