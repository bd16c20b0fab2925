import { createHash, randomBytes } from "node:crypto";
import { derivedWebhookSecret, installationSecret } from "@reelqueue/runtime";
import { Command } from "commander";
import { readEnv } from "../env.ts";

export const key = new Command("key")
  .description("Create an API key, and its SHA-256 for reelqueue.config.json.")
  .action(() => {
    const secret = `rq_${randomBytes(24).toString("base64url")}`;
    const hash = createHash("sha256").update(secret).digest("hex");
    console.log(`API key (shown once; for the calling program):  ${secret}`);
    console.log(`SHA-256 (for tenants.<name>.apiKeySha256):      ${hash}`);
  });

export const webhookSecret = new Command("webhook-secret")
  .description("Show the secret that signs webhooks, for the program that verifies them.")
  .argument("[tenant]", "tenant of the webhooks", "default")
  .action(async (tenant: string) => {
    console.log(derivedWebhookSecret(await installationSecret(readEnv().home), tenant));
  });
