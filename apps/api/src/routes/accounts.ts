import type { AccountView } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { type Account, type Installation, waitReason } from "@reelqueue/pipeline";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { type Caller, demandOperator } from "../auth.ts";
import { ApiError } from "../errors.ts";
import { parse } from "../parse.ts";
import { simulatorCheck } from "../simulated.ts";

const pauseBody = z.strictObject({ reason: z.string().trim().min(1).max(200).default("by hand") }).nullish();

/** The state of the accounts; operators pause and resume them. */
export function accounts(app: FastifyInstance, installation: Installation): void {
  const operatorOnly = { onRequest: async (request: FastifyRequest) => demandOperator(request) };
  const isSimulated = simulatorCheck(installation);
  const viewOf = async (account: Account, caller: Caller): Promise<AccountView> => ({
    ...(await stateOf(account, caller, installation)),
    live: !(await isSimulated(account)),
  });
  app.get("/accounts", async ({ caller }) => ({
    accounts: await Promise.all([...installation.accounts.values()].map((account) => viewOf(account, caller))),
  }));
  app.post("/accounts/:name/pause", operatorOnly, async (request) => {
    const account = accountOf(request, installation);
    await ledger.pause(installation.cell, account.name, parse(pauseBody, request.body)?.reason ?? "by hand");
    return viewOf(account, request.caller);
  });
  app.post("/accounts/:name/resume", operatorOnly, async (request) => {
    const account = accountOf(request, installation);
    await ledger.resume(installation.cell, account.name);
    return viewOf(account, request.caller);
  });
}

function accountOf(request: FastifyRequest, { accounts: all }: Installation): Account {
  const { name = "" } = request.params as { name?: string };
  const account = all.get(name);
  if (!account)
    throw new ApiError(
      "not_found",
      `There is no account "${name.slice(0, 64)}"; there are: ${[...all.keys()].join(", ") || "none"}.`,
    );
  return account;
}

async function stateOf(
  account: Account,
  { operator }: Caller,
  { cell, accounts: all }: Installation,
): Promise<Omit<AccountView, "live">> {
  const status = await ledger.accountStatus(cell, account.name);
  const { budgetMicroUsd } = account.limits;
  return {
    name: account.name,
    provider: account.provider.capabilities.name,
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
