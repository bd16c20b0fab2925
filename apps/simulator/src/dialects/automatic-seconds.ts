import { lot } from "../random.ts";

/** INVENTED: what a model makes of a prompt whose seconds are left to it; the same for the same prompt, 4 to 15. */
export function automaticSeconds(prompt: string): number {
  return 4 + (lot(1, prompt, "seconds") % 12);
}
