// Whether a history of one register can have happened one operation after the other: the search of Wing and Gong with the memory of Lowe
// (Testing for linearizability, 2016). Whatever has no answer may have happened at any later moment, or never.

export interface Operation {
  readonly kind: "read" | "write" | "swap";
  /** Of a write and a swap: what the register holds afterwards; of a read: what it answered. */
  readonly value: number;
  /** Of a swap: what the register must hold. */
  readonly expected?: number;
  /** False is a swap that was refused. */
  readonly applied?: boolean;
  /** When it was asked; any unit that ascends. */
  readonly from: number;
  /** When it was answered; Infinity where it may happen at any time, or never. */
  readonly until: number;
}

/** Undefined where the operation cannot have been the next one. */
function after(value: number, { kind, value: own, expected, applied }: Operation): number | undefined {
  switch (kind) {
    case "read":
      return value === own ? value : undefined;
    case "write":
      return own;
    case "swap":
      if (applied === false) return value === expected ? undefined : value;
      return value === expected ? own : undefined;
  }
}

/** Steps that a search may take before it gives up: then nothing is said. */
const MOST = 50_000_000;

/**
 * @param initial what the register holds at first
 * @throws Error where the search takes too long
 */
export function isLinearizable(history: readonly Operation[], initial: number): boolean {
  const open = history.toSorted((a, b) => a.from - b.from);
  const done = new Uint8Array(open.length);
  const seen = new Set<string>();
  const chosen: { readonly at: number; readonly before: number }[] = [];
  let left = open.filter(({ until }) => until !== Infinity).length;
  let value = initial;
  let first = 0;
  let next = 0;
  for (let steps = 0; steps < MOST; steps += 1) {
    if (left === 0) return true;
    while (first < open.length && done[first] === 1) first += 1;
    next = Math.max(next, first);
    const end = horizon(open, done, first);
    let found: { readonly at: number; readonly value: number } | undefined;
    for (let at = next; at < open.length; at += 1) {
      const operation = open[at];
      if (!operation || operation.from > end) break;
      if (done[at] === 1) continue;
      const result = after(value, operation);
      if (result === undefined) continue;
      done[at] = 1;
      const state = stateOf(done, first, result);
      if (seen.has(state)) {
        done[at] = 0;
        continue;
      }
      seen.add(state);
      found = { at, value: result };
      break;
    }
    if (found) {
      chosen.push({ at: found.at, before: value });
      value = found.value;
      if (open[found.at]?.until !== Infinity) left -= 1;
      next = 0;
      continue;
    }
    const back = chosen.pop();
    if (!back) return false;
    done[back.at] = 0;
    value = back.before;
    if (open[back.at]?.until !== Infinity) left += 1;
    first = Math.min(first, back.at);
    next = back.at + 1;
  }
  throw new Error("the history is too wide to be searched");
}

/** The first answer of what is not done yet: nothing that was asked behind it can be next. */
function horizon(open: readonly Operation[], done: Uint8Array, first: number): number {
  let end = Infinity;
  for (let at = first; at < open.length; at += 1) {
    const operation = open[at];
    if (!operation || operation.from > end) break;
    if (done[at] === 0 && operation.until < end) end = operation.until;
  }
  return end;
}

/** What is done, from the first on that is not, and what the register holds. */
function stateOf(done: Uint8Array, from: number, value: number): string {
  let first = from;
  while (done[first] === 1) first += 1;
  const last = done.lastIndexOf(1);
  return `${first} ${value} ${last < first ? "" : Buffer.from(done.subarray(first, last + 1)).toString("latin1")}`;
}
