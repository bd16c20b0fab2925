import type { Fact } from "./capabilities.ts";

/** Stated in the user's own documents. */
export const seed = <const T>(value: T, source: string): Fact<T> => ({ value, label: "SEED", source });
/** Stated in another public text. */
export const found = <const T>(value: T, source: string): Fact<T> => ({ value, label: "FOUND", source });
/** Concluded. */
export const inferred = <const T>(value: T, source: string): Fact<T> => ({ value, label: "INFERRED", source });
