// @ts-check
// `pnpm new:provider <name>`: creates the folder of a new provider.
import { join } from "node:path";
import { NewProviderError, writeProvider } from "./new-provider/write-provider.mjs";

try {
  const [name = "", ...more] = process.argv.slice(2);
  if (more.length > 0) throw new NewProviderError(`Give one name, not also ${more.join(" ")}.`);
  const packageFolder = join(import.meta.dirname, "..", "packages", "providers");
  for (const file of writeProvider({ packageFolder, name })) console.log(`packages/providers/${file}`);
  console.log("\nWhat to fill in, in which order: packages/providers/README.md");
} catch (error) {
  if (!(error instanceof NewProviderError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
