/** The writer in a thread of its own, as seen from the thread that serves: starts it, talks to it, starts it anew. */

import { Fault } from "../../../model/fault.ts";
import { startWorker } from "../../../start-worker.ts";
import { workerUrl } from "../../../worker-url.ts";
import type { AdapterLog } from "../../opening.ts";
import { CODE, SqliteFailure } from "../failure.ts";
import type { Answer, Job } from "./job.ts";
import type { Survey } from "../tables/survey.ts";
import type { FromThread, ToThread } from "./thread-message.ts";
import { fromWireAnswer, type WireAnswer } from "./wire-answer.ts";
import { toWire, type WireJob } from "./wire-job.ts";
import { numbered } from "./wire-mutation.ts";
import type { WriterOptions } from "./writer.ts";

/** Runs one group at a time; the next may be asked for once the last is answered. */
export interface GroupRunner {
  /** At the start; again with every answer to `verify` and `apply`. */
  readonly survey: Survey;
  readonly keepsRequests: boolean;
  /** Where there is no file to look at. */
  readonly isAbsent?: boolean;
  run(jobs: readonly Job[]): Promise<readonly Answer[]>;
  close(): Promise<void>;
}

export async function startThread(options: WriterOptions, log: AdapterLog): Promise<GroupRunner> {
  const numbers = numbered(options.entities);
  const first = await launch(options);
  let live: Launched | undefined = first;

  const run = async (jobs: readonly Job[]): Promise<readonly Answer[]> => {
    let thread: Launched;
    if (live?.hasEnded()) live = undefined; // while nothing was asked of it, so nothing is lost
    try {
      thread = live ??= await launch(options);
    } catch (error) {
      log.error({ store: options.store }, "the writer thread does not start");
      return jobs.map(() => ({ kind: "failed", error: notStarted(error) }));
    }
    let asked: Promise<readonly WireAnswer[]>;
    try {
      asked = thread.ask(jobs.map((job) => toWire(job, numbers)));
    } catch (error) {
      return jobs.map(() => ({ kind: "failed", error })); // it could not be sent
    }
    try {
      const wire = await asked;
      return jobs.map((job, i) => fromWireAnswer(job, wire[i] ?? LOST, numbers));
    } catch (error) {
      live = undefined;
      log.error({ store: options.store }, "the writer thread ended; it is started anew");
      const failure = new SqliteFailure(CODE.ioError, { uncertain: true }, error);
      return jobs.map(() => ({ kind: "failed", error: failure }));
    }
  };
  const close = async (): Promise<void> => {
    const thread = live;
    live = undefined;
    await thread?.end();
  };
  return { survey: first.survey, keepsRequests: first.keepsRequests, run, close };
}

/** In the place of an answer that did not come. */
const LOST: WireAnswer = {
  kind: "failed",
  error: { errcode: CODE.ioError, detail: { uncertain: true }, malformed: false, text: "an answer is missing" },
};

/** Nothing was sent, so nothing happened; the path in the first message is for the start alone. */
function notStarted(error: unknown): Fault {
  const reason = error instanceof Fault ? error.reason : "STORE_UNAVAILABLE";
  return new Fault(reason, "the database file cannot be used now", { cause: error, retryAfter: 1_000 });
}

interface Launched {
  readonly survey: Survey;
  readonly keepsRequests: boolean;
  /** Rejects when the thread ends before it answers. */
  ask(jobs: readonly WireJob[]): Promise<readonly WireAnswer[]>;
  hasEnded(): boolean;
  end(): Promise<void>;
}

function launch(options: WriterOptions): Promise<Launched> {
  const worker = startWorker(workerUrl(import.meta.url, "./writer-thread"), {
    workerData: options,
    name: "sqlite-writer",
  });
  let waiting: PromiseWithResolvers<readonly WireAnswer[]> | undefined;
  const ended = Promise.withResolvers<void>();
  const started = Promise.withResolvers<Launched>();
  let hasEnded = false;
  let cause: unknown = new Error("the writer thread ended");

  const post = (message: ToThread): void => worker.postMessage(message);
  const ask = (jobs: readonly WireJob[]): Promise<readonly WireAnswer[]> => {
    post({ kind: "group", jobs });
    waiting = Promise.withResolvers();
    return waiting.promise;
  };
  const end = (): Promise<void> => {
    if (hasEnded) return Promise.resolve();
    post({ kind: "close" });
    return ended.promise;
  };
  worker.on("message", (message: FromThread) => {
    switch (message.kind) {
      case "ready":
        return started.resolve({
          survey: message.survey,
          keepsRequests: message.keepsRequests,
          ask,
          hasEnded: () => hasEnded,
          end,
        });
      case "refused":
        return started.reject(new Fault(message.reason, message.text, { store: options.store }));
      case "answers":
        return waiting?.resolve(message.answers);
      case "closed":
        return undefined;
    }
  });
  worker.on("error", (error) => {
    cause = error;
  });
  worker.on("exit", () => {
    hasEnded = true;
    const lost = new Error("the writer thread ended", { cause });
    started.reject(lost);
    waiting?.reject(lost);
    ended.resolve();
  });
  return started.promise;
}
