/** Named conditions that can be combined, sent, and asked of objects in memory. */

import type { EntityTypes } from "../api/entity-client.ts";
import type { Specification } from "../api/specification.ts";
import type { EntityTable } from "../schema/tables.ts";
import { ValueError } from "../value/value-error.ts";
import { compileWhere, type Test } from "./evaluate.ts";

/** @example const open = specification(Order, "open", { status: "open" }); @throws ValueError for a condition that the sidecar would refuse */
export function specification<T extends EntityTypes>(
  entity: EntityTable<T>,
  name: string,
  where: T["where"],
): Specification<T["where"], T["entity"]> {
  if (Object.keys(where).length === 0)
    throw new ValueError("EMPTY_PREDICATE", `the specification ${JSON.stringify(name)} asks nothing`);
  return new NamedCondition<T["where"], T["entity"]>(entity, name, where);
}

/** The condition behind a specification, or the condition itself. */
export function conditionOf(where: unknown): unknown {
  return where instanceof NamedCondition ? where.where : where;
}

class NamedCondition<Where extends object, Entity extends object> implements Specification<Where, Entity> {
  readonly name: string;
  readonly where: Where;
  readonly #entity: EntityTable;
  readonly #test: Test;

  constructor(entity: EntityTable, name: string, where: Where) {
    this.name = name;
    this.where = where;
    this.#entity = entity;
    this.#test = compileWhere(entity, where);
  }

  and(...others: readonly Specification<Where, Entity>[]): Specification<Where, Entity> {
    return this.#group("all", "and", others);
  }

  or(...others: readonly Specification<Where, Entity>[]): Specification<Where, Entity> {
    return this.#group("any", "or", others);
  }

  not(): Specification<Where, Entity> {
    return this.#made(`not ${this.name}`, { none: [this.where] });
  }

  isSatisfiedBy(entity: Entity): boolean {
    return this.#test(entity);
  }

  #group(
    group: "all" | "any",
    word: string,
    others: readonly Specification<Where, Entity>[],
  ): Specification<Where, Entity> {
    // prettier-ignore
    if (others.length === 0) return this;
    const terms = [this, ...others];
    const name = `(${terms.map((term) => term.name).join(` ${word} `)})`;
    return this.#made(name, { [group]: terms.map(({ where }) => where) });
  }

  #made(name: string, where: object): Specification<Where, Entity> {
    return new NamedCondition<Where, Entity>(this.#entity, name, where as Where); // every filter has these groups
  }
}
