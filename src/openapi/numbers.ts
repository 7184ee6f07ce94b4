/**
 * Numbers of fields and enum values, which stay what they are when a document is imported again. They are kept in comments at the
 * end of the file: `// pannier:numbers Order id=1 total=2 -old=3`, of which the last is gone and stays reserved.
 */

/** Of one message or enum: name → number. */
export type Numbers = ReadonlyMap<string, number>;

/** By message or enum, those inside of others by path: `Order.Status`. */
export type NumberLock = ReadonlyMap<string, Numbers>;

export interface Numbered {
  readonly numbers: Numbers;
  /** What is gone. */
  readonly reserved: Numbers;
}

const LINE = /^\/\/ pannier:numbers (\S+)((?: \S+)*)$/u;

/** Gone ones have a minus before their name here. */
export function readLock(text: string): NumberLock {
  const lock = new Map<string, Numbers>();
  for (const line of text.split("\n")) {
    const [, owner, rest = ""] = LINE.exec(line) ?? [];
    if (owner === undefined) continue;
    const numbers = rest
      .trim()
      .split(" ")
      .flatMap((pair): (readonly [string, number])[] => {
        const [name = "", number = ""] = pair.split("=");
        return /^\d+$/u.test(number) ? [[name, Number(number)]] : [];
      });
    lock.set(owner, new Map(numbers));
  }
  return lock;
}

/** What was there keeps its number, also once it comes back; what is new has the next. */
export function numbered(names: readonly string[], before: Numbers | undefined, first: number): Numbered {
  const known = new Map(Array.from(before ?? [], ([name, number]) => [name.replace(/^-/u, ""), number]));
  let next = Math.max(first - 1, ...known.values()) + 1;
  const numbers = new Map(names.map((name) => [name, known.get(name) ?? next++]));
  return { numbers, reserved: new Map([...known].filter(([name]) => !numbers.has(name))) };
}

export function lockLine(owner: string, { numbers, reserved }: Numbered): string {
  const pairs = [...numbers].map(([name, number]) => `${name}=${number}`);
  const gone = [...reserved].map(([name, number]) => `-${name}=${number}`);
  return ["// pannier:numbers", owner, ...pairs, ...gone].join(" ");
}
