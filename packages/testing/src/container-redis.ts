import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Redis } from "@reelqueue/system";
import { redisServerArguments } from "@reelqueue/system/testing";

const image = "redis:7-bookworm";
const port = 6379;

/** Redis in a container; `undefined` if no Docker engine answers or the container does not start. */
export async function startContainerRedis(): Promise<Redis | undefined> {
  if (!mayHaveEngine()) return undefined;
  const { GenericContainer, getContainerRuntimeClient } = await import("testcontainers");
  try {
    await getContainerRuntimeClient();
  } catch {
    return undefined;
  }
  try {
    const settings = redisServerArguments({ port, directory: "/tmp" }, { bind: "0.0.0.0" });
    const container = await new GenericContainer(image)
      .withCommand(["redis-server", "--protected-mode", "no", ...settings])
      .withExposedPorts(port)
      .start();
    return {
      url: `redis://${container.getHost()}:${container.getMappedPort(port)}`,
      how: `Testcontainers, ${image}`,
      stop: async () => {
        await container.stop();
      },
    };
  } catch (error) {
    console.log(`A Docker engine answers, but no container of ${image} could be started there: ${firstLine(error)}`);
    return undefined;
  }
}

/** A quick check: the real search by Testcontainers takes a second. */
function mayHaveEngine(): boolean {
  if (process.env.DOCKER_HOST !== undefined) return true;
  const sockets = [
    "/var/run/docker.sock",
    join(homedir(), ".docker/run/docker.sock"),
    join(homedir(), ".colima/default/docker.sock"),
  ];
  return sockets.some((socket) => existsSync(socket));
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n", 1)[0] ?? "";
}
