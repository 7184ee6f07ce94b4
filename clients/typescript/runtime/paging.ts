/** List, page by page. */

import type { Page } from "../api/page.ts";
import type { CallOptions } from "../api/options.ts";
import { invalidRequest } from "../error/status.ts";
import { writeList, type RequestOptions } from "../request/requests.ts";
import { readListAnswer, type ListAnswer, type Row } from "./answers.ts";
import type { Repository } from "./repository.ts";

type Query = RequestOptions & CallOptions & { readonly page?: number | undefined };

export interface Paging {
  list(query?: Query): Promise<Page<Row>>;
  pages(query?: Query): AsyncIterable<Page<Row>>;
  findFirst(query?: Query): Promise<Row | undefined>;
}

export function createPaging(repository: Repository): Paging {
  const list = async (query: Query = {}): Promise<Page<Row>> => {
    const asked = withSkip(query, repository.entity.name);
    const first = query.page ?? (query.pageToken === undefined ? 1 : undefined);
    return page(repository, asked, first);
  };
  return {
    list,
    pages: async function* (query) {
      for (let found: Page<Row> | undefined = await list(query); found; found = await found.next()) yield found;
    },
    /** A page may be empty and not the last. */
    findFirst: async (query) => {
      for (let found: Page<Row> | undefined = await list({ ...query, pageSize: 1 }); found; found = await found.next())
        if (found.entities.length > 0) return found.entities[0];
      return undefined;
    },
  };
}

function withSkip(query: Query, entity: string): Query {
  const { page, pageSize, skip, pageToken } = query;
  if (page === undefined) return query;
  const subject = { entity, method: "List" };
  if (!Number.isInteger(page) || page < 1)
    throw invalidRequest("SKIP_INVALID", "page", "is a whole number from 1", subject);
  if (typeof pageSize !== "number" || pageSize < 1)
    throw invalidRequest("SKIP_INVALID", "page", "needs a pageSize", subject);
  if (skip !== undefined || pageToken !== undefined)
    throw invalidRequest("SKIP_INVALID", "page", "stands neither with skip nor with pageToken", subject);
  return { ...query, skip: (page - 1) * pageSize };
}

async function page(repository: Repository, query: Query, number: number | undefined): Promise<Page<Row>> {
  const request = repository.encode("List", (to) => writeList(to, repository.entity, query));
  const readRow = repository.rows(query);
  const answer = await repository.caller.call({
    method: repository.method("List", true),
    request,
    options: query,
    read: (bytes) => readListAnswer(bytes, readRow),
  });
  return new ListPage(answer, query, number, (pageToken) =>
    page(repository, { ...query, pageToken, skip: undefined }, number === undefined ? undefined : number + 1),
  );
}

class ListPage implements Page<Row> {
  readonly entities: readonly Row[];
  readonly nextPageToken: string | undefined;
  readonly page: number | undefined;
  readonly pageSize: number | undefined;
  readonly totalSize: number | undefined;
  readonly hasNext: boolean;
  readonly hasPrevious: boolean;
  readonly #go: (token: string) => Promise<Page<Row>>;

  constructor(answer: ListAnswer, query: Query, number: number | undefined, go: (token: string) => Promise<Page<Row>>) {
    this.entities = answer.rows;
    this.nextPageToken = answer.nextPageToken === "" ? undefined : answer.nextPageToken;
    this.page = number;
    this.pageSize = typeof query.pageSize === "number" ? query.pageSize : undefined;
    this.totalSize = answer.totalSize;
    this.hasNext = answer.nextPageToken !== "";
    this.hasPrevious = number === undefined || number > 1 || (typeof query.skip === "number" && query.skip > 0);
    this.#go = go;
  }

  get totalPages(): number | undefined {
    if (this.totalSize === undefined || this.pageSize === undefined || this.pageSize === 0) return undefined;
    return Math.ceil(this.totalSize / this.pageSize);
  }

  async next(): Promise<Page<Row> | undefined> {
    return this.nextPageToken === undefined ? undefined : this.#go(this.nextPageToken);
  }

  [Symbol.iterator](): Iterator<Row> {
    return this.entities[Symbol.iterator]();
  }
}
