import { InvalidArgumentError } from "commander";

/** A whole number from 1. */
export function positive(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Give a whole number from 1.");
}

/** The values of an option that may be repeated. */
export function gathered(value: string, before: string[]): string[] {
  return [...before, value];
}
