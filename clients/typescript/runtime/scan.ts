/** Scan: frames of one stream, and of the next where that breaks. */

import type { CallOptions } from "../api/options.ts";
import type { Frame, Scan, ScanProgress } from "../api/page.ts";
import { PannierError } from "../error/pannier-error.ts";
import { itemError } from "../error/status.ts";
import { writeScan, type RequestOptions } from "../request/requests.ts";
import { CallFailure } from "../transport/transport.ts";
import { errorOf } from "../error/status.ts";
import { readFrame, type FrameAnswer, type Row } from "./answers.ts";
import { backoff, mayResend, sleep } from "./caller.ts";
import type { Repository } from "./repository.ts";

type Query = RequestOptions & CallOptions & { readonly resumes?: number | undefined };

const standardResumes = 5;

export function createScan(repository: Repository, query: Query): Scan<Row> {
  return new RowScan(repository, query);
}

class RowScan implements Scan<Row> {
  readonly #repository: Repository;
  readonly #query: Query;
  resumeToken: string | undefined;

  constructor(repository: Repository, query: Query) {
    this.#repository = repository;
    this.#query = query;
    this.resumeToken = query.resumeToken;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Row> {
    for await (const { entities } of this.frames()) yield* entities;
  }

  async *frames(): AsyncGenerator<Frame<Row>> {
    const { resumes = standardResumes, signal } = this.#query;
    let failures = 0;
    let rows = 0;
    for (;;) {
      const base = rows;
      try {
        for await (const answer of this.#stream(this.resumeToken)) {
          const frame = this.#frame(answer, base);
          yield frame;
          failures = 0;
          rows = base + Number(answer.firstIndex) + answer.rows.length;
          if (frame.resumeToken !== "") this.resumeToken = frame.resumeToken;
        }
        return;
      } catch (error) {
        failures += 1;
        if (!(error instanceof PannierError) || failures > resumes || !this.#mayResume(error)) throw error;
        await this.#pause(Math.max(error.retryAfter ?? 0, backoff(failures)), signal);
      }
    }
  }

  async #pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
    try {
      await sleep(milliseconds, signal);
    } catch (error) {
      throw error instanceof CallFailure ? errorOf(error, this.#repository.method("Scan", true)) : error;
    }
  }

  #mayResume(error: PannierError): boolean {
    return error.reason === "SLOW_CONSUMER" || mayResend(error, { method: this.#repository.method("Scan", true) });
  }

  #stream(resumeToken: string | undefined): AsyncIterable<FrameAnswer & { readonly rows: readonly Row[] }> {
    const repository = this.#repository;
    const query = { ...this.#query, resumeToken };
    const readRow = repository.rows(query);
    return repository.caller.stream({
      method: repository.method("Scan", true),
      request: repository.encode("Scan", (to) => writeScan(to, repository.entity, query)),
      options: query,
      read: (bytes) => readFrame(bytes, readRow),
    });
  }

  #frame(answer: FrameAnswer & { readonly rows: readonly Row[] }, base: number): Frame<Row> {
    const { error, progress } = answer;
    const subject = { entity: this.#repository.entity.name, method: "Scan" };
    return {
      entities: answer.rows,
      resumeToken: answer.resumeToken,
      firstIndex: base + Number(answer.firstIndex),
      pageNumber: answer.pageNumber,
      readAt: answer.readAt,
      progress: progress && progressOf(progress),
      error: error && itemError(error, subject),
    };
  }
}

function progressOf({ entities, pages, errors, startedAt, rate }: NonNullable<FrameAnswer["progress"]>): ScanProgress {
  return { entities: Number(entities), pages: Number(pages), errors: Number(errors), startedAt, rate };
}
