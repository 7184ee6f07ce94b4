// A server as connectconformance starts it: what it shall be comes on stdin, where it listens goes to stdout. `node conformance-server.ts TRANSPORT PROTOS`
import { argv, stdin, stdout } from "node:process";
import { conformancePackage, conformanceService } from "./conformance-service.ts";
import { codecOf, compiled } from "./messages.ts";
import { listenOn, type TransportName } from "./transports.ts";

const transport: TransportName = argv[2] === "grpc-js" ? "grpc-js" : "native";
const registry = await compiled(argv[3] ?? "");
const codec = codecOf(registry, conformancePackage);

let said = Buffer.alloc(0);
for await (const chunk of stdin) {
  said = Buffer.concat([said, chunk]);
  if (said.length >= 4 && said.length >= 4 + said.readUInt32BE(0)) break;
}
const { messageReceiveLimit } = codec.read("ServerCompatRequest", said.subarray(4));
const limit = Number(messageReceiveLimit);
const { address } = await listenOn(transport, conformanceService(registry), limit > 0 ? { messageBytes: limit } : {});
const [host = "", port] = address.split(":");
const answer = codec.write("ServerCompatResponse", { host, port: Number(port) });
const length = Buffer.alloc(4);
length.writeUInt32BE(answer.length);
stdout.write(Buffer.concat([length, answer])); // and it serves until it is killed
