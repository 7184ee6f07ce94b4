/** Rows of several entities that lie in one partition, by their item templates. */

import type { PannierError } from "../error/pannier-error.ts";
import type { EntityTable } from "../schema/tables.ts";
import type { EntityTypes, FieldOf, Selected } from "./entity-client.ts";
import type { ReadOptions } from "./options.ts";

/** Entities by the names that their items are to have. */
export type CollectionMembers = Readonly<Record<string, EntityTable>>;

/** The types of a table. */
export type TypesOf<Table> = Table extends EntityTable<infer Types extends EntityTypes> ? Types : never;

/** Fields of any of the members. */
export type MemberField<Members extends CollectionMembers> = {
  readonly [Name in keyof Members]: FieldOf<TypesOf<Members[Name]>>;
}[keyof Members];

/** Which items, by the text of their sort key as the templates write it; by code point. */
export type SortKeyWhere =
  | { readonly eq: string }
  | { readonly startsWith: string }
  | {
      readonly gt?: string | undefined;
      readonly gte?: string | undefined;
      readonly lt?: string | undefined;
      readonly lte?: string | undefined;
    };

/** As the templates write it (`USER#42`), or the fields of one member that give it (`{ order: { userId: "42" } }`). */
export type PartitionOf<Members extends CollectionMembers> =
  | string
  | {
      readonly [Name in keyof Members]: { readonly [Only in Name]: Partial<TypesOf<Members[Only]>["entity"]> };
    }[keyof Members];

export interface CollectionQuery<
  Members extends CollectionMembers,
  Field extends MemberField<Members> = MemberField<Members>,
> extends ReadOptions {
  readonly partition: PartitionOf<Members>;
  /** An index of all members, by its name or its name in the store; the key when absent. */
  readonly index?: string | undefined;
  /** On the sort key; all of the partition when absent. */
  readonly where?: SortKeyWhere | undefined;
  /** From the last to the first. */
  readonly descending?: boolean | undefined;
  readonly pageSize?: number | undefined;
  readonly pageToken?: string | undefined;
  /** Of any of the members: each shows what it has of them, and always its key and version. All when absent. */
  readonly fields?: readonly Field[] | undefined;
}

/** `entity` says which member it is, and so what `value` is. */
export type CollectionItem<Members extends CollectionMembers, Field extends string = string> = {
  readonly [Name in keyof Members & string]:
    | {
        readonly ok: true;
        readonly entity: Name;
        readonly value: Selected<TypesOf<Members[Name]>, FieldOf<TypesOf<Members[Name]>> & Field>;
        /** As the template writes it. */
        readonly sortKey: string;
      }
    /** It alone cannot be answered; the others are there. */
    | { readonly ok: false; readonly entity: Name; readonly error: PannierError; readonly sortKey: string };
}[keyof Members & string];

export interface CollectionPage<Item> extends Iterable<Item> {
  /** In the order of their sort keys. */
  readonly items: readonly Item[];
  /** The partition's text. */
  readonly partition: string;
  /** Of the next page; undefined on the last one, and only there. A page may be empty and not the last. */
  readonly nextPageToken: string | undefined;
  /** The page behind this one; undefined behind the last. */
  next(): Promise<CollectionPage<Item> | undefined>;
}
