/** What a package's module holds, and what it is all called there. */

import type { DescEnum, DescMessage } from "@bufbuild/protobuf";
import type { Annotations } from "../../schema/annotations.ts";
import type { Comments } from "./comments.ts";
import { unique, type PackageNames } from "./names.ts";

export interface PackageContent {
  readonly name: string;
  readonly names: PackageNames;
  /** In the order of files by name, and as they stand within them. */
  readonly messages: readonly DescMessage[];
  readonly enums: readonly DescEnum[];
}

export interface ModuleContext {
  readonly annotations: Annotations;
  readonly comments: Comments;
}

/** Names of what a package's module declares for a message or an enum: the type and the table, and what is made of it. */
export interface DeclaredNames {
  readonly of: ReadonlyMap<DescMessage | DescEnum, string>;
  readonly init: ReadonlyMap<DescMessage, string>;
  readonly taken: Set<string>;
}

/** A pure function of the package, so that every module that imports it names things alike. */
export function declaredNames({ messages, enums, names }: PackageContent): DeclaredNames {
  const taken = new Set<string>();
  const of = new Map<DescMessage | DescEnum, string>();
  const nested = (declared: DescMessage | DescEnum): string =>
    declared.parent ? `${nested(declared.parent)}_${declared.name}` : declared.name;
  for (const declared of [...messages, ...enums]) of.set(declared, unique(taken, nested(declared)));
  taken.add(names.constant).add(names.type);
  const init = new Map(messages.map((message) => [message, unique(taken, `${of.get(message) ?? ""}Init`)]));
  return { of, init, taken };
}
