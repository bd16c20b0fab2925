// @ts-check

/** Why the set-up cannot go on: one sentence that says what to do. */
export class SetupError extends Error {}
