import { createHash, randomBytes } from "node:crypto";
import { Command } from "commander";

export const key = new Command("key")
  .description("Make a new API key, and the SHA-256 of it that goes into reelqueue.config.json.")
  .action(() => {
    const secret = `rq_${randomBytes(24).toString("base64url")}`;
    const hash = createHash("sha256").update(secret).digest("hex");
    console.log(`API key (shown once; for the program that calls):  ${secret}`);
    console.log(`SHA-256 (for tenants.<name>.apiKeySha256):          ${hash}`);
  });
