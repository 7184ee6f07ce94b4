/** `node main.ts [port]`: connects to the sidecar of PANNIER_TARGET, then serves until SIGTERM. */

import { connect } from "./gen/index.ts";
import { createServer } from "./server.ts";

const db = await connect();
const server = createServer(db);
const address = await server.listen({ host: "127.0.0.1", port: Number(process.argv[2] ?? 8080) });
console.log(`listening on ${address}`);

process.once("SIGTERM", async () => {
  await server.close(); // requests that are under way end first
  await db.close();
});
