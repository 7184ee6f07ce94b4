// A client in a thread of its own: calls once, is held up until it is told, and at once calls again, several times. Posts what each came to.
import { parentPort, workerData } from "node:worker_threads";
import { Client, credentials, Metadata } from "@grpc/grpc-js";

const { address, path, gate } = workerData as { address: string; path: string; gate: Int32Array }; // as the test gives it

const client = new Client(address, credentials.createInsecure());
const same = (bytes: Buffer): Buffer => bytes;

function call(): Promise<string> {
  return new Promise((resolve) => {
    const deadline = Date.now() + 60_000;
    client.makeUnaryRequest(path, same, same, Buffer.alloc(0), new Metadata(), { deadline }, (error) =>
      resolve(error ? `${error.code} ${error.details}` : "answered"),
    );
  });
}

parentPort?.postMessage([await call()]);
Atomics.wait(gate, 0, 0, 60_000);
parentPort?.postMessage(await Promise.all(Array.from({ length: 4 }, call)));
client.close();
