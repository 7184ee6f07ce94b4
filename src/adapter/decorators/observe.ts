/** Measures and traces every operation of a guarded adapter. */

import type { Interceptor } from "../../model/interceptor.ts";
import type { Adapter, Operations, Reads, Transaction } from "../adapter.ts";

/** Called once for each operation, when the adapter is opened. */
export type InterceptOperation = (operation: string) => Interceptor;

/** Planning, classifying and closing pass through: they do no I/O for a call. */
export function observeAdapter(inner: Adapter, intercept: InterceptOperation): Adapter {
  const consistent = inner.consistent?.bind(inner);
  const collect = inner.collect?.bind(inner);
  const execute = inner.execute?.bind(inner);
  const begin = inner.begin?.bind(inner);
  const [executing, beginning, collecting] = [intercept("execute"), intercept("begin"), intercept("collect")];
  const observing = observeReads(intercept);
  return {
    ...inner,
    ...observeOperations(inner, intercept),
    ...(consistent ? { consistent: (body, call) => consistent((reads) => body(observing(reads)), call) } : {}),
    ...(collect ? { collect: (query, window, call) => collecting.run(call, () => collect(query, window, call)) } : {}),
    ...(execute ? { execute: (request, call) => executing.run(call, () => execute(request, call)) } : {}),
    ...(begin
      ? {
          begin: (options, call) =>
            beginning.run(call, async () => observeTransaction(await begin(options, call), intercept)),
        }
      : {}),
  }; // prettier-ignore
}

function observeTransaction(inner: Transaction, intercept: InterceptOperation): Transaction {
  const [committing, rolling] = [intercept("commit"), intercept("rollback")];
  return {
    ...inner,
    ...observeOperations(inner, intercept),
    commit: (call) => committing.run(call, () => inner.commit(call)),
    rollback: (call) => rolling.run(call, () => inner.rollback(call)),
  };
}

function observeOperations(inner: Operations, intercept: InterceptOperation): Operations {
  const [writing, modifying] = [intercept("write"), intercept("modify")];
  const modify = inner.modify?.bind(inner);
  return {
    ...observeReads(intercept)(inner),
    write: (request, call) => writing.run(call, () => inner.write(request, call)),
    ...(modify
      ? {
          modify: (mutation, decide, options, call) =>
            modifying.run(call, () => modify(mutation, decide, options, call)),
        }
      : {}),
  };
}

/** The interceptors are made once; `consistent` hands over other reads each time. */
function observeReads(intercept: InterceptOperation): (reads: Reads) => Reads {
  const [reading, scanning, counting] = [intercept("read"), intercept("scan"), intercept("count")];
  return (inner) => {
    const count = inner.count?.bind(inner);
    return {
      read: (request, call) => reading.run(call, () => inner.read(request, call)),
      scan: (plan, window, call) => scanning.run(call, () => inner.scan(plan, window, call)),
      ...(count && { count: (plan, options, call) => counting.run(call, () => count(plan, options, call)) }),
    };
  };
}
