/** A decorator of an adapter: the point reads of one turn of the event loop become one read of several keys. */

import type { Adapter, ReadOutcome, ReadRequest } from "../../src/adapter/adapter.ts";
import { limitOf } from "../../src/adapter/capabilities.ts";
import type { Call } from "../../src/model/call.ts";
import { keyText, type EntityKey } from "../../src/model/key.ts";
import { mergeCalls } from "../../src/model/merged-call.ts";

interface Waiting {
  readonly request: ReadRequest;
  readonly call: Call;
  readonly resolve: (outcomes: readonly ReadOutcome[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Stands below the guard, which settles each caller when its own call ends, while the read goes on for the others. */
export function gatherReads(inner: Adapter): Adapter & { reads(): number } {
  const groups = new Map<string, Waiting[]>();
  const width = limitOf(inner.capabilities, "batch_get");
  let reads = 0;

  const flush = (): void => {
    const gathered = [...groups.values()];
    groups.clear();
    for (const group of gathered) for (const part of partsOf(group, width)) void readTogether(part);
  };
  const readTogether = async (group: readonly Waiting[]): Promise<void> => {
    const [first, ...others] = group.filter(({ call }) => !call.aborted);
    if (!first) return;
    const alone = async ({ request, call, resolve, reject }: Waiting): Promise<void> => {
      reads++;
      await inner.read(request, call).then(resolve, reject);
    };
    if (others.length === 0) return alone(first);
    const waiting = [first, ...others];
    const keys = new Map(waiting.flatMap(({ request }) => request.keys.map((key) => [textOf(key), key] as const)));
    const merged = mergeCalls([first.call, ...others.map(({ call }) => call)]);
    try {
      reads++;
      const outcomes = await inner.read({ ...first.request, keys: [...keys.values()] }, merged.call);
      const byKey = new Map([...keys.keys()].map((text, i) => [text, outcomes[i]]));
      for (const { request, resolve } of waiting) resolve(request.keys.flatMap((key) => byKey.get(textOf(key)) ?? []));
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
        if (groups.size === 0) setImmediate(flush);
        const name = `${request.fields?.join() ?? "*"} ${request.consistency ?? ""}`;
        const group = groups.get(name) ?? [];
        groups.set(name, group);
        group.push({ request, call, resolve, reject });
      }),
  };
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

function textOf({ entity, key }: EntityKey): string {
  return `${entity.name}/${keyText(key)}`;
}
