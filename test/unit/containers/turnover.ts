// Lets members of about a kilobyte come and go, 64 at a time, after the container has become old, and tells how many megabytes more are in use:
// `node --expose-gc turnover.ts KIND`. No full collection runs meanwhile.
import { argv, memoryUsage, stdout } from "node:process";
import { TransientMap } from "../../../src/containers/transient-map.ts";
import { TransientSet } from "../../../src/containers/transient-set.ts";

type Member = readonly number[];

interface Container {
  add(i: number, member: Member): void;
  remove(i: number, member: Member): void;
}

function ofMap(map: Map<number, Member> | TransientMap<number, Member>): Container {
  return { add: (i, member) => void map.set(i, member), remove: (i) => void map.delete(i) };
}

function ofSet(set: Set<Member> | TransientSet<Member>): Container {
  return { add: (_, member) => void set.add(member), remove: (_, member) => void set.delete(member) };
}

/** The member that goes is the first. */
function ofQueue(map: TransientMap<number, Member>): Container {
  return {
    add: (i, member) => map.set(i, member),
    remove: () => {
      const { first } = map;
      if (first !== undefined) map.delete(first);
    },
  };
}

const containers: Readonly<Record<string, () => Container>> = {
  Map: () => ofMap(new Map<number, Member>()),
  Set: () => ofSet(new Set<Member>()),
  TransientMap: () => ofMap(new TransientMap<number, Member>()),
  "TransientMap as a queue": () => ofQueue(new TransientMap<number, Member>()),
  TransientSet: () => ofSet(new TransientSet<Member>()),
};

const collect = globalThis.gc;
const container = containers[argv[2] ?? ""]?.();
if (!container || !collect) throw new TypeError("say which container, and --expose-gc");
const window: Member[] = [];
const turnOver = (from: number, to: number): void => {
  for (let i = from; i < to; i++) {
    const at = i % 64;
    const gone = window[at];
    if (gone) container.remove(i - 64, gone);
    window[at] = Array.from({ length: 128 }, () => i); // 8 bytes each
    container.add(i, window[at]);
  }
};
turnOver(0, 1_000);
collect({ type: "major", execution: "sync" });
collect({ type: "major", execution: "sync" });
const before = memoryUsage().heapUsed;
turnOver(1_000, 65_000);
collect({ type: "minor", execution: "sync" });
stdout.write(String((memoryUsage().heapUsed - before) / 1_048_576));
