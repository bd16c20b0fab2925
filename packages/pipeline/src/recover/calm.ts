/** Says whether workers that are alive have had time to renew their leases since Redis, or this process, was last away. */
export interface Calm {
  /** Redis has just answered. */
  answered(): void;
  lasts(): boolean;
}

/**
 * Who hears nothing of Redis for `ms` was away; as long after that every worker that is alive has renewed its leases.
 * It begins as if Redis had been away.
 */
export function openCalm(ms: number, now = () => performance.now()): Calm {
  let answeredAt = Number.NEGATIVE_INFINITY;
  let since = Number.POSITIVE_INFINITY;
  return {
    answered: () => {
      if (now() - answeredAt > ms) since = now();
      answeredAt = now();
    },
    lasts: () => now() - since >= ms,
  };
}
