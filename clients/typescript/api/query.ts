/** What List, Scan, Count and Exists are asked. */

import type { CallOptions, FieldOptions, ReadOptions } from "./options.ts";
import type { Specification } from "./specification.ts";

/** The first is the foremost. Absent values come first when ascending. */
export type OrderBy<Field extends string> = Order<Field> | readonly Order<Field>[];
export type Order<Field extends string> = { readonly [F in Field]?: "asc" | "desc" };

/** The fields of the entity and `all`, `any`, `none`; or a specification. Absent, or with no member, it means every row. */
export type Filter<Where> = Where | Specification<Where>;

interface Selection<Where> extends ReadOptions {
  /** Which rows; every one when absent. */
  readonly where?: Filter<Where> | undefined;
}

export interface CountQuery<Where> extends Selection<Where> {
  /** Allows to read more rows than are answered. */
  readonly allowScan?: boolean | undefined;
}

/** By key, or by filter. */
export type ExistsQuery<Key, Where> = ({ readonly key: Key; readonly where?: never } & ReadOptions) | (CountQuery<Where> & { readonly key?: never }); // prettier-ignore

export interface FirstQuery<Where, Sortable extends string, Field> extends CountQuery<Where>, FieldOptions<Field> {
  /** The entity's own order when absent. */
  readonly orderBy?: OrderBy<Sortable> | undefined;
}

export interface ListQuery<Where, Sortable extends string, Field> extends FirstQuery<Where, Sortable, Field> {
  /** Rows of a page at most; a page may have fewer. */
  readonly pageSize?: number | undefined;
  /** Goes on behind an earlier page of the same query. */
  readonly pageToken?: string | undefined;
  /** Rows passed over from the start of the query; a capability of the store. */
  readonly skip?: number | undefined;
  /** A page by its number, from 1; needs `pageSize`, and is `skip` in other words. */
  readonly page?: number | undefined;
  /** Counts all rows of the query; true means "exact". */
  readonly total?: boolean | "exact" | "estimated" | undefined;
}

export interface ScanQuery<Where, Sortable extends string, Field> extends Selection<Where>, FieldOptions<Field> {
  /** Only what the store can deliver without sorting. */
  readonly orderBy?: OrderBy<Sortable> | undefined;
  /** Rows of a frame at most. */
  readonly pageSize?: number | undefined;
  /** Goes on behind an earlier frame, also of another process. */
  readonly resumeToken?: string | undefined;
  /** Segments read side by side; order is then kept within a segment only. */
  readonly parallelism?: number | undefined;
  /** What a page does that cannot be read: "stop" ends the scan with its error (the default), "continue" puts it into a frame. */
  readonly onError?: "stop" | "continue" | undefined;
  /** Retries by the sidecar of one page, before `onError` applies. */
  readonly maxRetries?: number | undefined;
  /** How often in a row a stream that broke is opened again behind its last frame; 5 when absent, 0 for never. */
  readonly resumes?: number | undefined;
}

export type { CallOptions };
