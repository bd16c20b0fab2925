import { once } from "node:events";
import { createServer } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { simulatorAt } from "./simulator-at.ts";

async function serving(answers: Record<string, unknown>) {
  const server = createServer(({ url = "" }, response) => {
    const answer = answers[url];
    response.writeHead(answer === undefined ? 500 : 200).end(JSON.stringify(answer));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close());
  const address = server.address();
  return simulatorAt(`http://127.0.0.1:${typeof address === "object" ? address?.port : undefined}`);
}

const routes = {
  "POST /hiapi/v1/tasks": { 200: 5, 429: 2 },
  "GET /hiapi/v1/tasks/:taskId": { 200: 7, 429: 3, 500: 1 },
  "GET /jiekou/v3/async/task-result": { 0: 1, 200: 3 },
};

test("polls: counts every GET of a provider, whatever the answer", async () => {
  const simulator = await serving({ "/simulator/log?limit=1": { routes } });
  expect(await simulator.polls()).toEqual({ hiapi: 11, jiekou: 4 });
});

test("refused: counts the answers 429 of every route", async () => {
  expect(await (await serving({ "/simulator/log?limit=1": { routes } })).refused()).toBe(5);
});

test("bill: an error of the simulator rejects, never 0", async () => {
  await expect((await serving({})).bill()).rejects.toThrow("the simulator answered 500");
});
