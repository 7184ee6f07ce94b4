/** A grpc-js client that sends and takes raw bytes over one connection. */

import { Client, credentials } from "@grpc/grpc-js";
import { expect } from "../stage.ts";

export interface BytesClient {
  /** Resolves when an answer that is not empty has come. */
  call(path: string, request: Buffer): Promise<void>;
  close(): void;
}

/** @param address as a listener tells it, for example `127.0.0.1:7070` or `unix:/run/data.sock` */
export function connectClient(address: string): BytesClient {
  const client = new Client(address.replace(/^unix:/, "unix://"), credentials.createInsecure());
  return {
    call: (path, request) =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(path, asItIs, asItIs, request, (error, answer) => {
          if (error) return reject(error);
          expect(answer !== undefined && answer.length > 0, "empty");
          resolve();
        });
      }),
    close: () => client.close(),
  };
}

function asItIs(bytes: Buffer): Buffer {
  return bytes;
}
