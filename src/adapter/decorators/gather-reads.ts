/** A decorator of an adapter: the point reads of one turn of the event loop become one read of several keys. */

import type { Call } from "../../model/call.ts";
import { keyText, type EntityKey } from "../../model/key.ts";
import { mergeCalls } from "../../model/merged-call.ts";
import { NotSent, type Adapter, type ReadOutcome, type ReadRequest } from "../adapter.ts";
import { limitOf } from "../capabilities.ts";

interface Waiting {
  readonly request: ReadRequest;
  readonly call: Call;
  readonly resolve: (outcomes: readonly ReadOutcome[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Works below the guard, which settles each caller when its own call ends, while the read goes on for the others. Reads with a
 * budget of bytes, or of several entities, pass by.
 *
 * @param most keys of one read: what they hold is bounded by it alone
 * @param togetherOf what only keys with an equal text may share a read by, for a store whose reads of one key do not know those of
 *   another; a key without a text is read alone, and does not wait
 */
export function gatherReads(
  inner: Adapter,
  most: number = Infinity,
  togetherOf: (key: EntityKey) => string | undefined = anyOf,
): Adapter & { reads(): number } {
  let groups = new Map<string, Waiting[]>();
  const width = Math.min(limitOf(inner.capabilities, "batch_get"), most);
  let reads = 0;

  const flush = (): void => {
    const gathered = groups;
    groups = new Map(); // a cleared one would keep what was in it (`containers/README.md`)
    for (const group of gathered.values()) for (const part of partsOf(group, width)) void readTogether(part);
  };
  const readTogether = async (group: readonly Waiting[]): Promise<void> => {
    const waiting = stillWaiting(group);
    const [first, ...others] = waiting;
    if (!first) return;
    const alone = async ({ request, call, resolve, reject }: Waiting): Promise<void> => {
      reads++;
      await inner.read(request, call).then(resolve, reject);
    };
    if (others.length === 0) return alone(first);
    const { keys, places } = together(waiting);
    const merged = mergeCalls([first.call, ...others.map(({ call }) => call)]);
    try {
      reads++;
      const outcomes = await inner.read({ ...first.request, keys }, merged.call);
      for (const [i, { resolve }] of waiting.entries()) resolve(places[i]?.flatMap((at) => outcomes[at] ?? []) ?? []);
    } catch {
      // One key may be what failed it: each read alone fails, or not, by itself.
      await Promise.all(waiting.filter(({ call }) => !call.aborted).map(alone));
    } finally {
      merged.finish();
    }
  };
  return {
    ...inner,
    reads: () => reads,
    read: (request, call) =>
      new Promise((resolve, reject) => {
        if (request.maxBytes !== undefined) return resolve(inner.read(request, call)); // its first key must be read
        const shared = togetherIn(request, togetherOf);
        if (shared === undefined) {
          reads++;
          return resolve(inner.read(request, call));
        }
        if (groups.size === 0) setImmediate(flush);
        const name = `${shared} ${request.fields?.join() ?? "*"} ${request.consistency ?? ""}`;
        const group = groups.get(name) ?? [];
        groups.set(name, group);
        group.push({ request, call, resolve, reject });
      }),
  };
}

/** Those whose call still lasts; the others are told. */
function stillWaiting(group: readonly Waiting[]): readonly Waiting[] {
  if (!group.some(({ call }) => call.aborted)) return group;
  for (const { call, reject } of group)
    if (call.aborted) reject(new NotSent("the call ended before its read was sent"));
  return group.filter(({ call }) => !call.aborted);
}

function anyOf({ entity }: EntityKey): string {
  return entity.name;
}

/** What the request shares a read by; undefined where its keys differ in that, or there are none. */
function togetherIn({ keys }: ReadRequest, togetherOf: (key: EntityKey) => string | undefined): string | undefined {
  const [first, ...others] = keys;
  const together = first && togetherOf(first);
  return others.every((key) => togetherOf(key) === together) ? together : undefined;
}

interface Together {
  /** Each once. */
  readonly keys: readonly EntityKey[];
  /** Where each caller's keys are among them. */
  readonly places: readonly (readonly number[])[];
}

function together(group: readonly Waiting[]): Together {
  const keys: EntityKey[] = [];
  const known = new Map<string, number>();
  const [first] = group;
  const entity = first?.request.keys[0]?.entity;
  // The text of a key alone is not put together, and so need not be copied and hashed anew.
  const isOne = group.every(({ request }) => request.keys.every((key) => key.entity === entity));
  const textOf = ({ entity: { name }, key }: EntityKey): string => (isOne ? keyText(key) : `${name}/${keyText(key)}`);
  const placeOf = (key: EntityKey): number => {
    const text = textOf(key);
    const place = known.get(text);
    if (place !== undefined) return place;
    known.set(text, keys.length);
    return keys.push(key) - 1;
  };
  return { places: group.map(({ request }) => request.keys.map(placeOf)), keys };
}

/** No part asks for more keys than the store takes; a request stays whole. */
function partsOf(group: readonly Waiting[], width: number): readonly (readonly Waiting[])[] {
  const parts: Waiting[][] = [];
  let room = 0;
  for (const waiting of group) {
    const { length } = waiting.request.keys;
    if (parts.length === 0 || length > room) {
      parts.push([]);
      room = width;
    }
    parts.at(-1)?.push(waiting);
    room -= length;
  }
  return parts;
}
