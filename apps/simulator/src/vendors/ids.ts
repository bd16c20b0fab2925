import { randomText } from "../random.ts";

const base32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const base36 = "0123456789abcdefghijklmnopqrstuvwxyz";

/** 26 characters: the time, the number (so that no later run repeats an id), and random characters. */
export function ulid(chance: number, number: number): string {
  return `${inBase32(Date.now(), 10)}${inBase32(number, 6)}${randomText(chance, "id", base32, 10)}`;
}

function inBase32(value: number, digits: number): string {
  let text = "";
  for (let rest = value; rest > 0; rest = Math.floor(rest / 32)) text = base32.charAt(rest % 32) + text;
  return text.padStart(digits, "0");
}

/** Starts with the time, as version 7 does, so that no later run repeats an id. */
export function uuid(chance: number, number: number): string {
  const time = hex(Date.now(), 12);
  const random = randomText(chance, "id", "0123456789abcdef", 6);
  const [first, second] = [time.slice(0, 8), time.slice(8)];
  return `${first}-${second}-7${random.slice(0, 3)}-8${random.slice(3)}-${hex(number, 8)}${hex(chance % 65_536, 4)}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

const tailLength = 5;
const tails = base36.length ** tailLength;
/** Coprime to `tails`, so that all numbers below `tails` have different tails. */
const step = 25_214_903;

/** An id in ByteDance's format: `cgt-20260514183217-t8rzv`, with the time in Beijing. DOCUMENTED in measured answers. */
export function byteDanceId(prefix: string, nowMs: number, number: number): string {
  const time = beijingTime(nowMs).replace(/\D/g, "");
  const tail = ((number * step) % tails).toString(base36.length).padStart(tailLength, "0");
  return `${prefix}-${time}-${tail}`;
}

const beijingMs = 8 * 3_600_000;

/** `2026-03-30 14:21:58` */
export function beijingTime(nowMs: number): string {
  return new Date(nowMs + beijingMs).toISOString().slice(0, 19).replace("T", " ");
}
