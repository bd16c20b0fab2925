// @ts-check
// Vitest; a wrong option is one sentence instead of a stack.
const vitest = new URL("../node_modules/vitest/vitest.mjs", import.meta.url);
try {
  await import(vitest.href);
} catch (error) {
  if (!(error instanceof Error) || error.name !== "CACError") throw error;
  console.error(`${error.message}; the options are those of vitest: npm test -- --help`);
  process.exitCode = 2;
}
