// @ts-check
// The health check of every container: exit code 0 if its app answers /healthz with 200.
const port = process.env.HEALTH_PORT ?? process.env.PORT;
const healthy = await fetch(`http://127.0.0.1:${port}/healthz`).then(
  (answer) => answer.ok,
  () => false,
);
process.exit(healthy ? 0 : 1);
