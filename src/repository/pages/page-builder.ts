/** A page or frame being filled: skips first, then takes what fits into an answer, at least one row. */

import type { Cursor } from "../../adapter/adapter.ts";
import { exceedsBytes } from "../../model/size.ts";
import { TotalBytes } from "../../model/total-bytes.ts";
import type { EntityRecord } from "../../model/value.ts";
import type { PagePosition } from "./page-position.ts";
import type { Scope } from "../scope.ts";
import { requireShowable } from "../row-size.ts";
import type { MatchedWindow } from "./plan-reader.ts";

export interface PageBuilderOptions {
  readonly scope: Pick<Scope, "entity" | "limits">;
  readonly from: Pick<PagePosition, "skip">;
  /** What an answer shows of a row; undefined is all. */
  readonly shown: readonly number[] | undefined;
}

/**
 * A class, because a literal with a getter would make V8 a hidden class per page, which lives among the old objects and
 * keeps the page's rows until the next full collection.
 */
export class PageBuilder {
  readonly rows: EntityRecord[] = [];
  readonly #options: PageBuilderOptions;
  readonly #total: TotalBytes;
  #skip: number;

  constructor(options: PageBuilderOptions) {
    this.#options = options;
    this.#total = new TotalBytes(options.scope.entity.message, options.shown);
    this.#skip = options.from.skip;
  }

  /** Rows that are still to be skipped. */
  get skip(): number {
    return this.#skip;
  }

  /** Bytes that still fit; at least 1. */
  get room(): number {
    return Math.max(this.#options.scope.limits.answerBytes - this.#total.bytes, 1);
  }

  /** False where the row no longer fits, and the page ends before it. @throws Fault where it would fit no page */
  take(record: EntityRecord): boolean {
    if (this.#skip > 0) {
      this.#skip--;
      return true;
    }
    const { scope, shown } = this.#options;
    const { answerBytes, answerRowBytes } = scope.limits;
    const most = this.#total.add(record);
    const isTooLarge = most > answerRowBytes && exceedsBytes(scope.entity.message, record, answerRowBytes, shown);
    if (this.rows.length > 0 && (isTooLarge || this.#total.exceed(answerBytes))) return false;
    if (isTooLarge) requireShowable(scope, { record, fields: shown });
    this.rows.push(record);
    return true;
  }
}

export interface PageProgress {
  /** Whether the page ends here. */
  readonly full: boolean;
  /** Continues after what was taken; absent when nothing follows. */
  readonly cursor: Cursor | undefined;
}

/** Takes rows of one window. Only the row a page ends with is asked for its cursor, which costs more than the row. */
export function addWindow(
  builder: PageBuilder,
  { rows, next }: MatchedWindow,
  { size, before }: { readonly size: number; readonly before: Cursor | undefined },
): PageProgress {
  for (const [i, { record }] of rows.entries()) {
    if (!builder.take(record)) return { full: true, cursor: rows[i - 1]?.cursor() ?? before };
    if (builder.rows.length === size) return { full: true, cursor: i === rows.length - 1 ? next : rows[i]?.cursor() };
  }
  return { full: false, cursor: next };
}
