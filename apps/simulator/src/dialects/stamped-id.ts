const letters = 5;
const alphabet = "0123456789abcdefghijklmnopqrstuvwxyz";
const count = alphabet.length ** letters;
/** Shares no divisor with `count`, so no two numbers below it give the same letters. */
const step = 25_214_903;
const beijingMs = 8 * 3_600_000;

/** An id as ByteDance writes them: `cgt-20260514183217-t8rzv`, with the time in Beijing. FOUND in measured answers. */
export function stampedId(prefix: string, nowMs: number, number: number): string {
  const time = beijingTime(nowMs).replace(/\D/g, "");
  const tail = ((number * step) % count).toString(alphabet.length).padStart(letters, "0");
  return `${prefix}-${time}-${tail}`;
}

/** `2026-03-30 14:21:58` */
export function beijingTime(nowMs: number): string {
  return new Date(nowMs + beijingMs).toISOString().slice(0, 19).replace("T", " ");
}
