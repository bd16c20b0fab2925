import { createHash, timingSafeEqual } from "node:crypto";
import type { Config } from "@reelqueue/contracts";
import type { FastifyRequest } from "fastify";
import { ApiError } from "./errors.ts";

/** The tenant whose keys are operators: they see all tenants, pause accounts and settle reviews. */
export const operatorTenant = "default";

export interface Caller {
  tenant: string;
  operator: boolean;
}

declare module "fastify" {
  interface FastifyRequest {
    caller: Caller;
  }
}

export type Authenticate = (request: FastifyRequest) => Caller;

/**
 * Identifies the caller of a request by its API key, or throws `unauthorized`. `keyless`: no tenant has a key, so only
 * programs of this machine are let in, as the tenant `default`; browsers and proxies are not, because their requests
 * may originate anywhere.
 */
export function authenticator(tenants: Config["tenants"]): { authenticate: Authenticate; keyless: boolean } {
  const keys = Object.entries(tenants).flatMap(([tenant, { apiKeySha256 }]) =>
    apiKeySha256.map((hash) => ({
      hash: Buffer.from(hash, "hex"),
      caller: { tenant, operator: tenant === operatorTenant },
    })),
  );
  if (keys.length === 0) return { keyless: true, authenticate: asLocalProgram };
  return {
    keyless: false,
    authenticate: ({ headers }) => {
      const given = createHash("sha256").update(bearer(headers.authorization)).digest();
      // compares all, so that the time reveals nothing
      const [found] = keys.filter(({ hash }) => timingSafeEqual(hash, given));
      if (!found) throw new ApiError("unauthorized");
      return found.caller;
    },
  };
}

export function demandOperator({ caller }: FastifyRequest): void {
  if (!caller.operator) throw new ApiError("forbidden", `Only a key of the tenant "${operatorTenant}" may do that.`);
}

function bearer(authorization = ""): string {
  return /^Bearer +(\S+) *$/i.exec(authorization)?.[1] ?? "";
}

const loopbackAddress = /^(127\.|::1$|::ffff:127\.)/;
const loopbackHost = /^(localhost|127\.[\d.]+|\[::1\])(:\d+)?$/i;
const forwardingHeaders = ["forwarded", "x-forwarded-for", "origin"];

function asLocalProgram({ socket, headers }: FastifyRequest): Caller {
  const isLocal = loopbackAddress.test(socket.remoteAddress ?? "") && loopbackHost.test(headers.host ?? "");
  if (!isLocal || forwardingHeaders.some((name) => headers[name] !== undefined)) {
    throw new ApiError(
      "unauthorized",
      "No API key is configured, so only programs on this machine are served: configure one under `tenants`.",
    );
  }
  return { tenant: operatorTenant, operator: true };
}
