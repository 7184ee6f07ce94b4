/** Entry point of the writer's thread: groups in, answers out, in order. */

import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import { Fault } from "../../../model/fault.ts";
import { loadDerivations } from "../../derivation.ts";
import type { FromThread, ToThread } from "./thread-message.ts";
import { toWireAnswer } from "./wire-answer.ts";
import { fromWire } from "./wire-job.ts";
import { numbered } from "./wire-mutation.ts";
import { createWriter, type Writer, type WriterOptions } from "./writer.ts";

async function start(): Promise<void> {
  const port = parentPort;
  if (!port) throw new TypeError("writer-thread runs in a worker thread");
  // The thread that starts this one passes its options, and nothing else does.
  const options = workerData as WriterOptions;
  const numbers = numbered(options.entities);
  const say = (message: FromThread): void => port.postMessage(message);
  let writer: Writer;
  try {
    writer = createWriter(DatabaseSync, options, await loadDerivations(options.derivations, options.entities));
  } catch (error) {
    say({ kind: "refused", ...faultData(error) });
    return;
  }
  say({ kind: "ready", survey: writer.survey, keepsRequests: writer.keepsRequests });
  port.on("message", (message: ToThread) => {
    if (message.kind === "close") {
      try {
        writer.close();
      } finally {
        say({ kind: "closed" });
        port.close();
      }
      return;
    }
    const jobs = message.jobs.map((job) => fromWire(job, numbers));
    const answers = writer.run(jobs);
    say({ kind: "answers", answers: answers.map((answer, i) => toWireAnswer(jobAt(jobs, i), answer, numbers)) });
  });
}

function jobAt<Job>(jobs: readonly Job[], index: number): Job {
  const job = jobs[index];
  if (!job) throw new RangeError("an answer without its job");
  return job;
}

function faultData(error: unknown): Omit<Extract<FromThread, { kind: "refused" }>, "kind"> {
  if (error instanceof Fault) return { reason: error.reason, text: error.message };
  return { reason: "INTERNAL", text: error instanceof Error ? error.message : String(error) };
}

await start();
