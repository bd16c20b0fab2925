import { letters } from "../random.ts";

/** It begins with the time, as version 7 does, so that no later run repeats it. */
export function uuid(luck: number, number: number): string {
  const time = hex(Date.now(), 12);
  const chance = letters(luck, "id", "0123456789abcdef", 6);
  const [first, second] = [time.slice(0, 8), time.slice(8)];
  return `${first}-${second}-7${chance.slice(0, 3)}-8${chance.slice(3)}-${hex(number, 8)}${hex(luck % 65_536, 4)}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
