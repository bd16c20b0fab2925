import { createHash, timingSafeEqual } from "node:crypto";
import type { Config, Generation } from "@reelqueue/contracts";
import type { FastifyRequest } from "fastify";
import { ApiError } from "./api-error.ts";

/** Whose keys may also do what concerns everybody: pause accounts, settle reviews, see all tenants. */
export const operatorTenant = "default";

/** Who makes a request. */
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
 * Tells who calls by the API key. Where no tenant has a key, only programs of this machine are let in, as the tenant `default`;
 * browsers and proxies are not, because what they pass on may come from anywhere.
 */
export function authenticator(tenants: Config["tenants"]): { authenticate: Authenticate; keyless: boolean } {
  const keys = Object.entries(tenants).flatMap(([tenant, { apiKeySha256 }]) =>
    apiKeySha256.map((hash) => ({
      hash: Buffer.from(hash, "hex"),
      caller: { tenant, operator: tenant === operatorTenant },
    })),
  );
  if (keys.length === 0) return { keyless: true, authenticate: ofThisMachine };
  return {
    keyless: false,
    authenticate: ({ headers }) => {
      const given = createHash("sha256").update(bearer(headers.authorization)).digest();
      // all are compared, so that the time tells nothing
      const [found] = keys.filter(({ hash }) => timingSafeEqual(hash, given));
      if (!found) throw new ApiError("unauthorized");
      return found.caller;
    },
  };
}

export function demandOperator({ caller }: FastifyRequest): void {
  if (!caller.operator) throw new ApiError("forbidden", `Only a key of the tenant "${operatorTenant}" may do that.`);
}

export function maySee(caller: Caller, { tenant }: Pick<Generation, "tenant">): boolean {
  return caller.operator || caller.tenant === tenant;
}

function bearer(authorization = ""): string {
  return /^Bearer +(\S+) *$/i.exec(authorization)?.[1] ?? "";
}

const loopbackAddress = /^(127\.|::1$|::ffff:127\.)/;
const loopbackHost = /^(localhost|127\.[\d.]+|\[::1\])(:\d+)?$/i;
const passedOn = ["forwarded", "x-forwarded-for", "origin"];

function ofThisMachine({ socket, headers }: FastifyRequest): Caller {
  const local = loopbackAddress.test(socket.remoteAddress ?? "") && loopbackHost.test(headers.host ?? "");
  if (!local || passedOn.some((name) => headers[name] !== undefined)) {
    throw new ApiError(
      "unauthorized",
      "No API key is configured, so only programs on this machine are served: configure one under `tenants`.",
    );
  }
  return { tenant: operatorTenant, operator: true };
}
