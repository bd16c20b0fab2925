import type { InstallationView } from "@reelqueue/contracts";
import type { Installation } from "@reelqueue/pipeline";
import type { FastifyInstance } from "fastify";
import { demandOperator } from "../caller.ts";
import { checksOf } from "../checks.ts";

/** Where files are kept, and what stands in the way; for operators. */
export function installationRoutes(app: FastifyInstance, installation: Installation): void {
  app.get(
    "/installation",
    { onRequest: async (request) => demandOperator(request) },
    async (): Promise<InstallationView> => {
      const { cell, config, publicUrl } = installation;
      return {
        cell: cell.name,
        outputsDirectory: config.outputs.directory,
        publicUrl: publicUrl ?? null,
        checks: await checksOf(installation),
      };
    },
  );
}
