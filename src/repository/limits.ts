/**
 * The most that one request may ask, and one answer may hold. `pageSize`, `maxPageSize`, `batchItems` and `tokenBytes` are
 * set by configuration, the others are fixed; README.md has the page of them.
 */

export interface RepositoryLimits {
  /** Rows of a page or frame where the request names no size. */
  readonly pageSize: number;
  /** A larger page size is cut to this. */
  readonly maxPageSize: number;
  /** Keys of a BatchGet, writes of a BatchWrite, operations of an Execute. */
  readonly batchItems: number;
  /** Of a page or resume token: one that is given out must fit into a request, beside what was asked. */
  readonly tokenBytes: number;
  /** Values of one `one_of`. */
  readonly oneOf: number;
  /** Bytes of the entities in one answer or frame. */
  readonly answerBytes: number;
  /** Bytes shown of one entity, which may fill an answer or frame by itself. */
  readonly answerRowBytes: number;
  /** Bytes of one entity that is written, or that a write makes larger. */
  readonly rowBytes: number;
  /** Bytes of rows held while a page is sorted here, those that are skipped included. */
  readonly sortBytes: number;
  /** Retries of one page of a Scan where the request names none. */
  readonly scanRetries: number;
  /** Milliseconds one page of a Scan may take. */
  readonly scanPageTimeout: number;
}

export const DEFAULT_LIMITS: RepositoryLimits = {
  pageSize: 50,
  maxPageSize: 1_000,
  batchItems: 1_000,
  tokenBytes: 512 * 1024,
  oneOf: 100,
  answerBytes: 2 * 1024 * 1024,
  answerRowBytes: 4 * 1024 * 1024 - 64 * 1024, // clients take 4 MiB by default, and a row is not the whole message
  rowBytes: 1024 * 1024,
  sortBytes: 16 * 1024 * 1024,
  scanRetries: 3,
  scanPageTimeout: 30_000,
};
