/** The server of the echo, a process of its own: a transport and nothing above it. `node echo-server.ts native` */

import { argv } from "node:process";
import { isTransport } from "../options.ts";
import { listenOn } from "../../checkers/transports.ts";

const transport = argv[2] ?? "";
if (!isTransport(transport)) throw new Error(`there is no transport "${transport}"`);
const answer = Buffer.alloc(200, 1); // as long as an order
const timeout = { maximum: 60_000, fallback: 60_000 };
const { address } = await listenOn(
  transport,
  new Map([["/floor/Get", { kind: "unary", timeout, handle: async () => answer }]]),
);
process.send?.(address);
