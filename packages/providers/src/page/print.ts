import { writeFileSync } from "node:fs";
import { providersPage } from "./providers-page.ts";

writeFileSync(new URL("../../../../docs/providers.md", import.meta.url), providersPage());
