/** What List and Scan answer. */

import type { PannierError } from "../error/pannier-error.ts";
import type { Timestamp } from "../value/timestamp.ts";

export interface Page<Entity> extends Iterable<Entity> {
  readonly entities: readonly Entity[];
  /** Of the next page; undefined on the last one, and only there. */
  readonly nextPageToken: string | undefined;
  /** From 1; undefined where the query began with a token. */
  readonly page: number | undefined;
  readonly pageSize: number | undefined;
  /** Rows of the whole query, where it asked for them. */
  readonly totalSize: number | undefined;
  /** Where both the total and the page size were asked for. */
  readonly totalPages: number | undefined;
  readonly hasNext: boolean;
  /** Whether a page stands before this one, as far as is known. */
  readonly hasPrevious: boolean;
  /** The page behind this one; undefined behind the last. */
  next(): Promise<Page<Entity> | undefined>;
}

/** Rows one by one. It is read once; leaving the loop ends the call. */
export interface Scan<Entity> extends AsyncIterable<Entity> {
  /** The same rows, frame by frame. */
  frames(): AsyncIterable<Frame<Entity>>;
  /** Goes on behind the last frame that was read whole; undefined before the first. */
  readonly resumeToken: string | undefined;
}

export interface Frame<Entity> {
  readonly entities: readonly Entity[];
  /** Goes on behind this frame, also in another process. */
  readonly resumeToken: string;
  /** Position of the first entity, from 0, counted from where the stream began. */
  readonly firstIndex: number;
  readonly pageNumber: number;
  readonly readAt: Timestamp | undefined;
  /** At most a few times a second, and in the last frame. */
  readonly progress: ScanProgress | undefined;
  /** Of a page that could not be read, where the scan goes on. */
  readonly error: PannierError | undefined;
}

export interface ScanProgress {
  readonly entities: number;
  readonly pages: number;
  readonly errors: number;
  readonly startedAt: Timestamp | undefined;
  /** Entities a second since the last frame with progress. */
  readonly rate: number;
}

/** One position of a batch. */
export type ItemResult<Entity> =
  | {
      readonly ok: true;
      /** Undefined where there was nothing to delete, and that was allowed. */
      readonly entity: Entity | undefined;
      readonly created: boolean;
      /** Too large to come with the others: it holds its key alone. */
      readonly trimmed: boolean;
    }
  | { readonly ok: false; readonly error: PannierError };

/** What Put and upsert answer. */
export interface Written<Entity> {
  readonly entity: Entity;
  /** Whether there was no such row before. */
  readonly created: boolean;
}
