/** The same for every POST of one attempt of one generation; also the id by which a provider that keeps ours is asked for its task. */
export function idempotencyKeyOf({ id, attempt }: { id: string; attempt: number }): string {
  return `${id}.${attempt}`;
}
