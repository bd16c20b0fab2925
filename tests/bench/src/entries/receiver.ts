import { createServer } from "node:http";

/** A webhook endpoint that accepts every request and counts the different events. */
const seen = new Set<string>();
let requests = 0;

const server = createServer((request, response) => {
  if (request.method === "GET") {
    response.end(JSON.stringify({ events: seen.size, requests }));
    return;
  }
  request.resume();
  request.on("end", () => {
    requests += 1;
    seen.add(`${request.headers["webhook-id"]}`);
    response.writeHead(204).end();
  });
});
server.keepAliveTimeout = 60_000;
server.listen(Number(process.env.PORT), "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));
