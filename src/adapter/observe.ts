/** A guarded adapter whose every operation is measured and traced by what stands around it. */

import type { Around } from "../model/around.ts";
import type { Adapter, Operations, Reads, Transaction } from "./adapter.ts";

/** Asked once for each operation, and answers what stands around it. */
export type AroundOperation = (operation: string) => Around;

/** Planning, classifying and closing pass through: they do no I/O for a call. */
export function observeAdapter(inner: Adapter, around: AroundOperation): Adapter {
  const consistent = inner.consistent?.bind(inner);
  const execute = inner.execute?.bind(inner);
  const begin = inner.begin?.bind(inner);
  const [executing, beginning] = [around("execute"), around("begin")];
  const observing = observeReads(around);
  return {
    ...inner,
    ...observeOperations(inner, around),
    ...(consistent ? { consistent: (body, call) => consistent((reads) => body(observing(reads)), call) } : {}),
    ...(execute ? { execute: (request, call) => executing.run(call, () => execute(request, call)) } : {}),
    ...(begin
      ? {
          begin: (options, call) =>
            beginning.run(call, async () => observeTransaction(await begin(options, call), around)),
        }
      : {}),
  }; // prettier-ignore
}

function observeTransaction(inner: Transaction, around: AroundOperation): Transaction {
  const [committing, rolling] = [around("commit"), around("rollback")];
  return {
    ...inner,
    ...observeOperations(inner, around),
    commit: (call) => committing.run(call, () => inner.commit(call)),
    rollback: (call) => rolling.run(call, () => inner.rollback(call)),
  };
}

function observeOperations(inner: Operations, around: AroundOperation): Operations {
  const [writing, modifying] = [around("write"), around("modify")];
  const modify = inner.modify?.bind(inner);
  return {
    ...observeReads(around)(inner),
    write: (request, call) => writing.run(call, () => inner.write(request, call)),
    ...(modify
      ? {
          modify: (mutation, decide, options, call) =>
            modifying.run(call, () => modify(mutation, decide, options, call)),
        }
      : {}),
  };
}

/** What stands around is asked for once, the reads may be others each time. */
function observeReads(around: AroundOperation): (reads: Reads) => Reads {
  const [reading, scanning, counting] = [around("read"), around("scan"), around("count")];
  return (inner) => {
    const count = inner.count?.bind(inner);
    return {
      read: (request, call) => reading.run(call, () => inner.read(request, call)),
      scan: (plan, window, call) => scanning.run(call, () => inner.scan(plan, window, call)),
      ...(count && { count: (plan, options, call) => counting.run(call, () => count(plan, options, call)) }),
    };
  };
}
