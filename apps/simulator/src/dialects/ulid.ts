import { letters } from "../random.ts";

const base32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** 26 characters: the time, then the number, so that no later run repeats one, then chance. */
export function ulid(luck: number, number: number): string {
  return `${inBase32(Date.now(), 10)}${inBase32(number, 6)}${letters(luck, "id", base32, 10)}`;
}

function inBase32(value: number, digits: number): string {
  let text = "";
  for (let rest = value; rest > 0; rest = Math.floor(rest / 32)) text = base32.charAt(rest % 32) + text;
  return text.padStart(digits, "0");
}
