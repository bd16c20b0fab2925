import { clipSeconds, type MediaRule } from "../media-rules.ts";

const found = (id: string) => ({ id, label: "FOUND", source: "the vendor's skill, SKILL.md" }) as const;

/** The rules about the files themselves; of formats, pixels and sizes no text says anything. */
export const mediaRules: readonly MediaRule[] = [
  { ...found("H-V10"), of: ["video"], limits: clipSeconds },
  { ...found("H-V10"), of: ["audio"], limits: clipSeconds },
];
