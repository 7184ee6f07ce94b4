// Clients that are tools: each call is a process, and of h2load each load.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { message } from "../cases/wire/frames.ts";
import { grpcurl } from "../servers/grpcurl.ts";
import type { Ask, AskOptions, Ended, Load, OrdinaryClient, RunningClient } from "./client.ts";
import { reasonOf } from "./program.ts";

const grpcHeaders = ["-H", "content-type: application/grpc", "-H", "te: trailers"];

/** Calls over and over, each a process of its own. */
function oneProcessEach(call: (ask: Ask, options?: AskOptions) => Promise<Ended>): RunningClient {
  return {
    call,
    load: async (ask, milliseconds, inFlight) => {
      const until = performance.now() + milliseconds;
      const ends: Ended[] = [];
      const work = async (): Promise<void> => {
        while (performance.now() < until) ends.push(await call(ask));
      };
      await Promise.all(Array.from({ length: inFlight }, work));
      const lost = ends.filter(({ code }) => code !== 0);
      return { calls: ends.length, lost: lost.length, first: lost[0] ? JSON.stringify(lost[0]) : "" };
    },
    close: async () => {},
  };
}

/** What a process said; it is ended when `enough` says so of its output, and `wasCut` then. */
async function run(
  file: string,
  args: readonly string[],
  input: string | Uint8Array,
  enough: (out: Buffer) => boolean = () => false,
): Promise<{ readonly out: Buffer; readonly err: string; readonly wasCut: boolean }> {
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "pipe"] });
  let out = Buffer.alloc(0);
  let err = "";
  let wasCut = false;
  child.stdout.on("data", (chunk: Buffer) => {
    if (wasCut) return;
    out = Buffer.concat([out, chunk]);
    wasCut = enough(out);
    if (wasCut) child.kill("SIGKILL");
  });
  child.stderr.on("data", (chunk: Buffer) => (err += String(chunk)));
  child.stdin.on("error", () => {}); // it may end before it has read
  child.stdin.end(input);
  await once(child, "close");
  return { out, err, wasCut };
}

const cancelled = (messages: number): Ended => ({ code: 1, messages, reason: "" });

/** As the first page shows it: messages learned by reflection. */
export const grpcurlClient: OrdinaryClient = {
  name: "grpcurl",
  inFlight: [1, 4],
  calls: true,
  needs: [],
  provide: async () => {
    const file = await grpcurl();
    return (address) =>
      oneProcessEach(async ({ path, json }, { timeout, cancelAfter } = {}) => {
        const limit = timeout === undefined ? [] : ["-max-time", String(timeout / 1_000)];
        const args = ["-plaintext", "-format-error", ...limit, "-d", "@", address, path.slice(1)];
        const answers = (out: Buffer): number => String(out).match(/^\{/gm)?.length ?? 0;
        const { out, err, wasCut } = await run(
          file,
          args,
          JSON.stringify(json),
          (sofar) => cancelAfter !== undefined && answers(sofar) >= cancelAfter,
        );
        if (wasCut) return cancelled(answers(out));
        const code = Number(/"code":\s*(\d+)/.exec(err)?.[1] ?? (err === "" ? 0 : 2));
        return { code, messages: answers(out), reason: /"reason":\s*"(\w+)"/.exec(err)?.[1] ?? "" };
      });
  },
};

/** HTTP/2 by prior knowledge, gRPC by hand. */
export const curlClient: OrdinaryClient = {
  name: "curl",
  inFlight: [1, 4],
  calls: true,
  needs: ["curl"],
  provide: async () => (address) =>
    oneProcessEach(async ({ path, bytes }, { timeout, cancelAfter } = {}) => {
      const deadline = timeout === undefined ? [] : ["-H", `grpc-timeout: ${timeout}m`];
      const target = [...grpcHeaders, ...deadline, "--data-binary", "@-", `http://${address}${path}`];
      // Told verbosely, the trailers of the answer stand on stderr; its messages go to stdout as they come.
      const args = ["-sv", "-N", "--http2-prior-knowledge", ...target];
      const { out, err, wasCut } = await run("curl", args, message(bytes), (sofar) =>
        cancelAfter === undefined ? false : messagesIn(sofar) >= cancelAfter,
      );
      if (wasCut) return cancelled(messagesIn(out));
      const details = /^< grpc-status-details-bin: (\S+)/m.exec(err)?.[1];
      const code = Number(/^< grpc-status: (\d+)/m.exec(err)?.[1] ?? 2);
      return { code, messages: messagesIn(out), reason: details === undefined ? "" : reasonOf(details) };
    }),
};

/** Whole messages of a gRPC body. */
function messagesIn(body: Buffer): number {
  let count = 0;
  for (let at = 0; at + 5 <= body.length; count += 1) {
    at += 5 + body.readUInt32BE(at + 1);
    if (at > body.length) break;
  }
  return count;
}

/** Load alone: it reads no trailers, so what it counts as answered is what HTTP/2 says. */
export const h2loadClient: OrdinaryClient = {
  name: "h2load",
  inFlight: [1, 16, 64],
  calls: false,
  needs: ["h2load"],
  provide: async () => (address) => ({
    call: async () => {
      throw new Error("h2load makes no single call");
    },
    load: async ({ path, bytes }, milliseconds, inFlight) => {
      const folder = await mkdtemp(join(tmpdir(), "pannier-h2load-"));
      try {
        const body = join(folder, "body");
        await writeFile(body, message(bytes));
        const span = ["-D", String(Math.ceil(milliseconds / 1_000)), "-c", "1", "-m", String(inFlight)];
        const { stdout } = await promisify(execFile)("h2load", [...span, "-d", body, ...grpcHeaders, `http://${address}${path}`]);
        return h2loadTotals(stdout);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    }, // prettier-ignore
    close: async () => {},
  }),
};

function h2loadTotals(text: string): Load {
  const line = /^requests: .*$/m.exec(text)?.[0] ?? "";
  const count = (what: string): number => Number(new RegExp(`(\\d+) ${what}`).exec(line)?.[1] ?? NaN);
  const lost = count("failed") + count("errored") + count("timeout");
  return { calls: count("succeeded") + lost, lost, first: lost === 0 ? "" : line };
}
