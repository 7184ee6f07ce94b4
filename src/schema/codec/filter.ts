/** The Filter message: groups (all, any, none) and one predicate for each field, at the field's number plus 10. */

import type { EntityModel } from "../../model/entity.ts";
import { Fault } from "../../model/fault.ts";
import type { Filter } from "../../model/filter.ts";
import type { CodecLimits, EntityCodec } from "./codec.ts";
import { below, mistyped } from "./fault-path.ts";
import { predicateCodec, type FilterBudget, type PredicateCodec } from "./predicate.ts";
import { predicateMessage } from "./predicate-message.ts";
import { merged, WIRE, type Reader, type Span } from "./reader.ts";
import { recordCompiler, refuseUnknown } from "./record.ts";

/** What a field's number is moved by, to make room for the groups. */
export const FILTER_SHIFT = 10;

export const GROUP = { all: 1, any: 2, none: 3 } as const;

type GroupName = keyof typeof GROUP;

export function filterCodec(entity: EntityModel, limits: CodecLimits): EntityCodec["filter"] {
  const decoder = new FilterDecoder(entity, limits);
  return {
    decode(reader, end, path) {
      try {
        return decoder.decode({ reader, end }, 0, budgetOf(limits.filterTerms));
      } catch (error) {
        throw below(error, path);
      }
    },
  };
}

function budgetOf(limit: number): FilterBudget {
  let left = limit;
  return {
    spend(terms) {
      left -= terms;
      if (left < 0) throw new Fault("FILTER_TOO_LARGE", `A filter takes at most ${limit} conditions and values.`);
    },
  };
}

/** One Filter message as it was sent; predicates by ordinal. */
interface Parts {
  readonly groups: { readonly [name in GroupName]: Span[] };
  readonly predicates: Map<number, Span>;
}

class FilterDecoder {
  readonly #name: string;
  readonly #limits: CodecLimits;
  /** By ordinal. */
  readonly #predicates: readonly PredicateCodec[];
  readonly #ordinals = new Map<number, number>();

  constructor(entity: EntityModel, limits: CodecLimits) {
    this.#name = `${entity.name}Filter`;
    this.#limits = limits;
    const compile = recordCompiler(refuseUnknown);
    this.#predicates = entity.fields.map((field) => {
      const predicate = predicateMessage(field, this.#name);
      return predicateCodec(field, predicate, compile(predicate.message));
    });
    for (const field of entity.fields) this.#ordinals.set(field.number + FILTER_SHIFT, field.ordinal);
  }

  /** Undefined where nothing is set. `depth` counts the groups around it. */
  decode(span: Span, depth: number, budget: FilterBudget): Filter | undefined {
    const { groups, predicates } = this.#parts(span.reader, span.end);
    const grouped = groups.all.length + groups.any.length + groups.none.length > 0;
    if (grouped && depth >= this.#limits.filterDepth)
      throw new Fault("FILTER_TOO_DEEP", `Groups of a filter may be nested ${this.#limits.filterDepth} times.`);
    const elements = (name: GroupName): readonly Filter[] =>
      groups[name].map((element, index) => this.#element(element, `${name}[${index}]`, depth + 1, budget));
    const terms: Filter[] = elements("all").flatMap((term) =>
      term.kind === "group" && term.op === "and" ? term.terms : [term],
    );
    if (groups.any.length > 0) terms.push(join("or", elements("any")));
    if (groups.none.length > 0) terms.push({ kind: "not", term: join("or", elements("none")) });
    for (const [ordinal, sent] of [...predicates].sort(([a], [b]) => a - b)) {
      const predicate = this.#predicates[ordinal];
      if (predicate) terms.push(...named(predicate.name, () => predicate.decode(sent, budget)));
    }
    return terms.length === 0 ? undefined : join("and", terms);
  }

  #element(span: Span, name: string, depth: number, budget: FilterBudget): Filter {
    return named(name, () => {
      const filter = this.decode(span, depth, budget);
      if (filter) return filter;
      throw new Fault("EMPTY_PREDICATE", "An element of a group has nothing set; leave it out, or say what must hold.");
    });
  }

  #parts(reader: Reader, end: number): Parts {
    const parts: Parts = { groups: { all: [], any: [], none: [] }, predicates: new Map() };
    const outer = reader.enter(end);
    while (reader.more()) {
      const tag = reader.tag();
      const number = tag >>> 3;
      const group = groupOf(number);
      const ordinal = this.#ordinals.get(number);
      if (!group && ordinal === undefined) refuseUnknown(reader, tag, this.#name);
      else if ((tag & 7) !== WIRE.length) throw mistyped(this.#name, this.#fieldName(number), number);
      else if (group) parts.groups[group].push(reader.span());
      else if (ordinal !== undefined)
        parts.predicates.set(ordinal, merged(parts.predicates.get(ordinal), reader.span()));
    }
    reader.leave(outer);
    return parts;
  }

  #fieldName(number: number): string {
    return groupOf(number) ?? this.#predicates[this.#ordinals.get(number) ?? -1]?.name ?? String(number);
  }
}

function groupOf(number: number): GroupName | undefined {
  switch (number) {
    case GROUP.all:
      return "all";
    case GROUP.any:
      return "any";
    case GROUP.none:
      return "none";
    default:
      return undefined;
  }
}

function join(op: "and" | "or", terms: readonly Filter[]): Filter {
  const [first] = terms;
  return first && terms.length === 1 ? first : { kind: "group", op, terms };
}

/** Faults of what is inside get the name in front. */
function named<T>(name: string, inside: () => T): T {
  try {
    return inside();
  } catch (error) {
    throw below(error, name);
  }
}
