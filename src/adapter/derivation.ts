/**
 * Rows that are made of another row's change and written in the same atomic step: an event, an audit entry, a marker that keeps a
 * value unique.
 */

import type { EntityModel } from "../model/entity.ts";
import type { Images, Mutation } from "../model/mutation.ts";

/** A mutation that was applied, and what it did to its row. */
export interface RowChange extends Images {
  readonly mutation: Mutation;
  /** As it came with the write. */
  readonly data: unknown;
  /** Of the same store, by its full name. @throws TypeError where the store has none of that name */
  readonly entity: (name: string) => EntityModel;
}

/**
 * Answers the rows to write with a change, as mutations of other collections; none is fine. Pure and quick: it runs where the
 * store writes, in another thread where that is one, and for one write it may be asked more than once.
 */
export type Derive = (change: RowChange) => readonly Mutation[];

/** Where the function lies: imported when the store is opened, in each thread that writes. */
export interface DerivationSource {
  readonly name: string;
  /** URL of the module, as `workerUrl` makes it. */
  readonly module: string;
  readonly export: string;
}

/** Which function is asked, by name, and what it is given with every change; `data` can be cloned. */
export interface Derivation {
  readonly name: string;
  readonly data: unknown;
}

export interface Derivations {
  /** @throws whatever the functions throw, TypeError for a name that was not given at `open` */
  rowsOf(derive: readonly Derivation[], mutation: Mutation, images: Images): readonly Mutation[];
}

export const NO_DERIVATIONS: Derivations = createDerivations(new Map(), []);

/** @throws TypeError where a module exports no such function; whatever importing it throws */
export async function loadDerivations(
  sources: readonly DerivationSource[] = [],
  entities: readonly EntityModel[],
): Promise<Derivations> {
  const functions = new Map<string, Derive>();
  for (const source of sources) {
    const found: unknown = Reflect.get(await import(source.module), source.export);
    if (!isDerive(found)) throw new TypeError(`${source.module} exports no function ${source.export}`);
    functions.set(source.name, found);
  }
  return createDerivations(functions, entities);
}

/** Its parameters are its author's to keep. */
function isDerive(found: unknown): found is Derive {
  return typeof found === "function";
}

function createDerivations(functions: ReadonlyMap<string, Derive>, entities: readonly EntityModel[]): Derivations {
  const entity = (name: string): EntityModel => {
    const found = entities.find((candidate) => candidate.name === name);
    if (!found) throw new TypeError(`${name} is not of this store`);
    return found;
  };
  return {
    rowsOf: (derive, mutation, images) =>
      derive.flatMap(({ name, data }) => {
        const made = functions.get(name);
        if (!made) throw new TypeError(`the store was opened without the derivation ${name}`);
        return made({ mutation, ...images, data, entity });
      }),
  };
}
