// A client that is a program of ours over a library of others: a line asks, a line answers.
import { fromBinary } from "@bufbuild/protobuf";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { env } from "node:process";
import { createInterface } from "node:readline";
import { ErrorInfoSchema } from "../../src/gen/google/rpc/error_details_pb.ts";
import { StatusSchema } from "../../src/gen/google/rpc/status_pb.ts";
import type { Ask, Ended, Load, RunningClient } from "./client.ts";

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly environment?: { readonly [name: string]: string };
}

export function startProgram({ file, args, environment }: Command, address: string): RunningClient {
  const child = spawn(file, [...args, address], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { PATH: env["PATH"], ...environment },
  });
  const said: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => said.push(line));
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  child.on("error", (error) => said.push(error.message));
  child.stdin.on("error", (error) => said.push(error.message)); // a program that has ended takes no line

  const ask = async (...words: readonly string[]): Promise<readonly string[]> => {
    child.stdin.write(`${words.join(" ")}\n`);
    const { value } = await answers.next();
    if (value === undefined) throw new Error(`the client ended:\n${said.join("\n")}`);
    return value.split(" ");
  };
  return {
    call: async (call, { timeout = 0, cancelAfter = 0 } = {}) =>
      endedOf(await ask(kindOf(call), call.path, packed(call.bytes), String(timeout), String(cancelAfter))),
    load: async (call, milliseconds, inFlight) =>
      loadOf(await ask("load", kindOf(call), call.path, packed(call.bytes), String(milliseconds), String(inFlight))),
    close: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
  };
}

const kindOf = ({ isStream }: Ask): string => (isStream ? "stream" : "unary");

function packed(bytes: Uint8Array): string {
  return bytes.length === 0 ? "-" : Buffer.from(bytes).toString("base64");
}

function endedOf([code, messages, , details = "-"]: readonly string[]): Ended {
  return { code: Number(code), messages: Number(messages), reason: details === "-" ? "" : reasonOf(details) };
}

function loadOf([calls, lost, ...first]: readonly string[]): Load {
  return { calls: Number(calls), lost: Number(lost), first: first.join(" ") };
}

/** Of the base64 of a google.rpc.Status. */
export function reasonOf(details: string): string {
  const status = fromBinary(StatusSchema, Buffer.from(details, "base64"));
  const info = status.details.find(({ typeUrl }) => typeUrl.endsWith(`/${ErrorInfoSchema.typeName}`));
  return info ? fromBinary(ErrorInfoSchema, info.value).reason : "";
}
