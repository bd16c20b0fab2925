import { derivedWebhookSecret, installationSecret } from "@reelqueue/runtime";
import { Command } from "commander";
import { readEnv } from "../env.ts";

export const webhookSecret = new Command("webhook-secret")
  .description("Show the secret that webhooks are signed with, for the program that verifies them.")
  .argument("[tenant]", "whose webhooks", "default")
  .action(async (tenant: string) => {
    console.log(derivedWebhookSecret(await installationSecret(readEnv().home), tenant));
  });
