/** Raw CQL, where the store's settings allow it: one statement at a time, prepared, its rows page by page. */

import type { Call } from "../../../model/call.ts";
import { Fault } from "../../../model/fault.ts";
import type { Statement, StatementResult, StatementRows, Statements, StatementValue } from "../../statements.ts";
import { readLevel, writeLevels, type Levels } from "../cluster/consistency.ts";
import { isRefused, unlessSure } from "../failure.ts";
import { nameOf, parameterOf, valueOf } from "./raw-value.ts";
import type { Answer, Session } from "../cluster/session.ts";
import { APPLIED } from "../writing/writer.ts";

/** Rows of a page. */
const PAGE = 500;

export interface Raw {
  readonly session: Session;
  readonly levels: Levels;
}

/** Tables are named with their keyspace. The driver keeps what was prepared, by its text. */
export function rawStatements(raw: Raw): Statements {
  const query = async (statement: Statement, call: Call): Promise<StatementRows> => {
    const first = await run(raw, statement, undefined, call);
    const columns = first.columns ?? [];
    return {
      columns: columns.map(({ name, type }) => ({ name, databaseType: nameOf(type) })),
      rows: rowsOf(raw, statement, first, call),
    };
  };
  const execute = async (statement: Statement, call: Call): Promise<StatementResult> => {
    const { rows } = await run(raw, statement, undefined, call);
    // The database tells of a lightweight transaction alone whether it did something.
    return { affected: rows[0]?.[APPLIED] === true ? 1n : 0n };
  };
  return {
    query,
    execute,
    prepare: async (text) => ({
      query: (options, call) => query({ text, ...options }, call),
      execute: (options, call) => execute({ text, ...options }, call),
      close: async () => {},
    }),
  };
}

async function* rowsOf(
  raw: Raw,
  statement: Statement,
  first: Answer,
  call: Call,
): AsyncGenerator<readonly StatementValue[], void, undefined> {
  const columns = first.columns ?? [];
  for (let page = first; ;) {
    for (const row of page.rows) yield columns.map(({ name, type }) => valueOf(type, row[name]));
    if (page.next === undefined) return;
    page = await run(raw, statement, page.next, call);
  }
}

async function run(
  { session, levels }: Raw,
  { text, parameters, readOnly }: Statement,
  state: string | undefined,
  call: Call,
): Promise<Answer> {
  if (readOnly) refuseWrite(text);
  const { commit, serial } = writeLevels(undefined, levels);
  const values = parameters.map(parameterOf);
  const page = { rows: PAGE, state };
  const isRead = isSelect(text);
  const consistency = isRead ? readLevel(undefined, levels) : commit;
  const asked = { text, parameters: values, consistency, isRead, ...(isRead ? { page } : { serial }) };
  try {
    return await session.run(asked, call);
  } catch (error) {
    if (isRefused(error))
      throw new Fault("OPERATION_INVALID", "the database does not take the statement; compare it with its tables", {
        field: "text",
        cause: error,
      });
    throw isRead ? error : unlessSure(error, "decided");
  }
}

/** The one statement of CQL that changes nothing, behind comments. */
function isSelect(text: string): boolean {
  return /^(?:\s|--[^\n]*\n|\/\/[^\n]*\n|\/\*[^]*?\*\/)*select\s/iu.test(text);
}

function refuseWrite(text: string): void {
  if (!isSelect(text))
    throw new Fault("OPERATION_INVALID", "only a SELECT is taken as read-only; send it as a statement that writes", {
      field: "text",
    });
}
