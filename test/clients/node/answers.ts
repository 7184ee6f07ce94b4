// The lines that a client in Node reads and answers, over what its library offers; test/clients/README.md says what they mean.
import { stdin, stdout } from "node:process";
import { createInterface } from "node:readline";

/** How a call ended. */
export interface End {
  readonly code: number;
  readonly messages: number;
  readonly last?: Uint8Array;
  /** Of `grpc-status-details-bin`. */
  readonly details?: Uint8Array;
  readonly text?: string;
}

/** What a library makes of one call; neither rejects. 0 milliseconds set no deadline, 0 messages cancel nothing. */
export interface Calls {
  unary(path: string, request: Uint8Array, milliseconds: number): Promise<End>;
  stream(path: string, request: Uint8Array, milliseconds: number, cancelAfter: number): Promise<End>;
}

export async function answerLines(calls: Calls): Promise<void> {
  for await (const line of createInterface({ input: stdin })) stdout.write(`${await answer(calls, line.split(" "))}\n`);
}

async function answer(calls: Calls, [command, ...words]: readonly string[]): Promise<string> {
  const [path = "", request = "-", first = "0", second = "0"] = command === "load" ? words.slice(1) : words;
  const bytes = Buffer.from(request === "-" ? "" : request, "base64");
  if (command === "unary") return told(await calls.unary(path, bytes, Number(first)));
  if (command === "stream") return told(await calls.stream(path, bytes, Number(first), Number(second)));
  if (command !== "load") throw new Error(`unknown command ${command}`);
  const streams = words[0] === "stream";
  const call = () => (streams ? calls.stream(path, bytes, 0, 0) : calls.unary(path, bytes, 0));
  return load(call, Number(first), Number(second));
}

async function load(call: () => Promise<End>, milliseconds: number, inFlight: number): Promise<string> {
  const until = performance.now() + milliseconds;
  let calls = 0;
  let lost = 0;
  let first = "";
  const work = async (): Promise<void> => {
    while (performance.now() < until) {
      const end = await call();
      calls += 1;
      if (end.code !== 0 && (lost += 1) === 1) first = `${end.code} ${end.text}`;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, work));
  return `${calls} ${lost} ${first.replaceAll("\n", " ")}`;
}

function told({ code, messages, last, details }: End): string {
  return `${code} ${messages} ${packed(last)} ${packed(details)}`;
}

function packed(bytes: Uint8Array = new Uint8Array()): string {
  return bytes.length === 0 ? "-" : Buffer.from(bytes).toString("base64");
}
