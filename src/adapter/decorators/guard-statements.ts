/** Statements and schema of a guarded adapter: they settle when their call aborts, and fail with Faults, like everything else. */

import type { Call } from "../../model/call.ts";
import type { Schema } from "../schema.ts";
import type { PreparedStatement, Statement, StatementRows, Statements, StatementValue } from "../statements.ts";

/** Runs an action of a call; `kind` says whether it may have changed something when the call aborts. */
export interface Runner {
  run<Result>(kind: "read" | "write", call: Call, action: () => Promise<Result>): Promise<Result>;
}

export function guardSchema(inner: Schema, runner: Runner): Schema {
  const contract = inner.contract?.bind(inner);
  const plan = inner.plan?.bind(inner);
  const convert = inner.convert?.bind(inner);
  const drop = inner.drop?.bind(inner);
  return {
    verify: (call) => runner.run("read", call, () => inner.verify(call)),
    apply: (call) => runner.run("write", call, () => inner.apply(call)),
    ...(inner.isAbsent && { isAbsent: true }),
    ...(contract && { contract }), // no I/O
    ...(plan && { plan: (call) => runner.run("read", call, () => plan(call)) }),
    ...(convert && { convert: (request, call) => runner.run("write", call, () => convert(request, call)) }),
    ...(drop && { drop: (request, call) => runner.run("write", call, () => drop(request, call)) }),
  };
}

export function guardStatements(inner: Statements, runner: Runner): Statements {
  const prepare = inner.prepare?.bind(inner);
  return {
    ...runOf(inner, runner, (statement: Statement) => statement),
    ...(prepare && {
      prepare: async (text, call) => guardPrepared(await runner.run("read", call, () => prepare(text, call)), runner),
    }),
  };
}

function guardPrepared(inner: PreparedStatement, runner: Runner): PreparedStatement {
  return {
    ...runOf(inner, runner, (options: Omit<Statement, "text">) => options),
    ...(inner.parameters && { parameters: inner.parameters }),
    close: (call) => runner.run("read", call, () => inner.close(call)),
  };
}

interface Running<Given> {
  query(given: Given, call: Call): Promise<StatementRows>;
  execute: Statements["execute"] extends (given: Statement, call: Call) => infer Result
    ? (given: Given, call: Call) => Result
    : never;
}

function runOf<Given>(
  inner: Running<Given>,
  runner: Runner,
  optionsOf: (given: Given) => Pick<Statement, "readOnly">,
): Running<Given> {
  const kindOf = (given: Given): "read" | "write" => (optionsOf(given).readOnly ? "read" : "write");
  return {
    query: async (given, call) => {
      const kind = kindOf(given);
      const { columns, rows } = await runner.run(kind, call, () => inner.query(given, call));
      return { columns, rows: guardRows(rows, (next) => runner.run(kind, call, next)) };
    },
    execute: (given, call) => runner.run(kindOf(given), call, () => inner.execute(given, call)),
  };
}

type Values = readonly StatementValue[];

/** Each row is an action of the call by itself, so that a store that stops sending keeps nobody. */
async function* guardRows(
  rows: AsyncIterable<Values>,
  pull: (next: () => Promise<IteratorResult<Values>>) => Promise<IteratorResult<Values>>,
): AsyncGenerator<Values, void, undefined> {
  const iterator = rows[Symbol.asyncIterator]();
  let isOver = false;
  try {
    for (;;) {
      const { done, value } = await pull(() => iterator.next());
      isOver = done === true;
      if (isOver) return;
      yield value;
    }
  } finally {
    // Not awaited: a row that never comes would hold up whoever leaves.
    if (!isOver) void Promise.resolve(iterator.return?.()).catch(() => {});
  }
}
