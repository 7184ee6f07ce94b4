/** The server of the floor, a process of its own: grpc-js with raw buffers, and an answer as long as an order. */

import { Server, ServerCredentials, type handleUnaryCall } from "@grpc/grpc-js";

const answer = Buffer.alloc(200, 1);
const asItIs = (bytes: Buffer): Buffer => bytes;

const server = new Server({ "grpc.enable_channelz": 0 });
const handle: handleUnaryCall<Buffer, Buffer> = (_call, callback) => callback(null, answer);
server.register("/floor/Get", handle, asItIs, asItIs, "unary");
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.send?.(`127.0.0.1:${port}`);
});
