/** Layers as somebody would write them: one that notes, one that authorizes, one that audits. */

import type { Layer } from "../../../src/layer/layer.ts";
import type { Call } from "../../../src/model/call.ts";
import { Fault } from "../../../src/model/fault.ts";
import type { Method, Operation, ScanOperation } from "../../../src/repository/operation.ts";

type Any = Operation | ScanOperation;

/** `Create`, or `BatchWrite[2].Create` for a part of a whole. */
export function nameOf(operation: Any): string {
  const within = "within" in operation ? operation.within : undefined;
  return within ? `${within.whole.method}[${within.index}].${operation.method}` : operation.method;
}

/** Notes every operation that it passes on. */
export function recording(seen: string[]): Layer {
  return {
    perform: (operation, call, next) => {
      seen.push(nameOf(operation));
      return next(operation, call);
    },
    scan: (operation, call, next) => {
      seen.push(nameOf(operation));
      return next(operation, call);
    },
  };
}

/** Asks, and takes its time, whether a caller may do it. A whole is the sum of its parts. */
export function authorizing(mayDo: (operation: Any, call: Call) => boolean): Layer {
  const require = async (operation: Any, call: Call): Promise<void> => {
    await Promise.resolve();
    if (!mayDo(operation, call)) throw new Fault("RESTORE_NOT_ALLOWED", `${operation.method} is not for this caller`);
  };
  return {
    perform: async (operation, call, next) => {
      await require(operation, call);
      return next(operation, call);
    },
    scan: async function* (operation, call, next) {
      await require(operation, call);
      yield* next(operation, call);
    },
  };
}

const writes: ReadonlySet<Method> = new Set<Method>(["Create", "Update", "Put", "Delete", "Undelete"]);

/** An entry for every write, once it is known what became of it. */
export function auditing(entries: string[]): Layer {
  return {
    perform: async (operation, call, next) => {
      if (!writes.has(operation.method)) return next(operation, call);
      try {
        const answer = await next(operation, call);
        entries.push(`${nameOf(operation)}: done`);
        return answer;
      } catch (error) {
        entries.push(`${nameOf(operation)}: ${error instanceof Fault ? error.reason : "mistake"}`);
        throw error;
      }
    },
    scan: (operation, call, next) => next(operation, call),
  };
}
