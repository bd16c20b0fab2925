import type { AccountView } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { type Account, type Installation, waitReason } from "@reelqueue/pipeline";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { ApiError } from "../api-error.ts";
import { type Caller, demandOperator } from "../caller.ts";
import { valid } from "../valid.ts";

const pausing = z.strictObject({ reason: z.string().trim().min(1).max(200).default("by hand") }).nullish();

/** Where the accounts stand; an operator may pause and resume them. */
export function accounts(app: FastifyInstance, installation: Installation): void {
  const operatorOnly = { onRequest: async (request: FastifyRequest) => demandOperator(request) };
  app.get("/accounts", async ({ caller }) => ({
    accounts: await Promise.all(
      [...installation.accounts.values()].map((account) => view(account, caller, installation)),
    ),
  }));
  app.post("/accounts/:name/pause", operatorOnly, async (request) => {
    const account = named(request, installation);
    await ledger.pause(installation.cell, account.name, valid(pausing, request.body)?.reason ?? "by hand");
    return view(account, request.caller, installation);
  });
  app.post("/accounts/:name/resume", operatorOnly, async (request) => {
    const account = named(request, installation);
    await ledger.resume(installation.cell, account.name);
    return view(account, request.caller, installation);
  });
}

function named(request: FastifyRequest, { accounts: all }: Installation): Account {
  const { name = "" } = request.params as { name?: string };
  const account = all.get(name);
  if (!account)
    throw new ApiError(
      "not_found",
      `There is no account "${name.slice(0, 64)}"; there are: ${[...all.keys()].join(", ") || "none"}.`,
    );
  return account;
}

async function view(
  account: Account,
  { operator }: Caller,
  { cell, accounts: all }: Installation,
): Promise<AccountView> {
  const status = await ledger.accountStatus(cell, account.name);
  const { budgetMicroUsd } = account.limits;
  return {
    name: account.name,
    provider: account.provider.capabilities.name,
    live: account.clock.scale === 1 && !isLoopback(account.baseUrl),
    ...(status.paused !== undefined && { paused: status.paused }),
    inFlight: status.inFlight,
    slots: account.limits.slots,
    requestsPerMinute: account.requestsPerMinute ?? null,
    waiting: status.waiting,
    ...(status.waiting > 0 && { reason: waitReason(status, { lane: "backlog" }, all.get(account.name)) }),
    ...(operator && {
      baseUrl: account.baseUrl,
      spentTodayUsd: status.spentTodayMicroUsd / 1e6,
      dailyBudgetUsd: budgetMicroUsd === undefined ? null : budgetMicroUsd / 1e6,
    }),
  };
}

function isLoopback(url: string): boolean {
  return /^(localhost|127\.[\d.]+|\[::1\])$/.test(new URL(url).hostname);
}
