/** Renews something again and again until disposed; a renewal that fails is made up for by the next. */
export function renewing(everyMs: number, renew: () => Promise<unknown>): Disposable {
  const timer = setInterval(() => void renew().catch(() => {}), everyMs);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
