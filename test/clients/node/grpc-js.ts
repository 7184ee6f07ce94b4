// An ordinary client with grpc-js's defaults.
import { Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import { argv } from "node:process";
import { answerLines, type End } from "./answers.ts";

const client = new Client(argv[2] ?? "", credentials.createInsecure());
const bytes = (value: Buffer): Buffer => value;

function failed({ code, message, metadata }: ServiceError, messages = 0): End {
  const [details] = metadata.get("grpc-status-details-bin");
  return { code, messages, text: message, details: Buffer.isBuffer(details) ? details : new Uint8Array() };
}

function within(milliseconds: number): { readonly deadline?: number } {
  return milliseconds === 0 ? {} : { deadline: Date.now() + milliseconds };
}

await answerLines({
  unary: (path, request, milliseconds) =>
    new Promise((resolve) => {
      const message = Buffer.from(request);
      client.makeUnaryRequest(path, bytes, bytes, message, new Metadata(), within(milliseconds), (error, last) =>
        resolve(error ? failed(error) : { code: 0, messages: 1, ...(last && { last }) }),
      );
    }),
  stream: (path, request, milliseconds, cancelAfter) =>
    new Promise((resolve) => {
      const call = client.makeServerStreamRequest(
        path,
        bytes,
        bytes,
        Buffer.from(request),
        new Metadata(),
        within(milliseconds),
      );
      let messages = 0;
      let last = new Uint8Array();
      call.on("data", (message: Buffer) => {
        last = Uint8Array.from(message);
        messages += 1;
        if (messages === cancelAfter) call.cancel();
      });
      call.on("error", (error: ServiceError) => resolve(failed(error, messages)));
      call.on("end", () => resolve({ code: 0, messages, last }));
    }),
});
client.close();
