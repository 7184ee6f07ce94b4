/** A property of a model that is a field of its message. */

import type { FieldType } from "./field-type.ts";
import type { DocumentNode } from "./node.ts";

/** A field with what the document says of it. */
export interface Property {
  /** In the document, a path below the model where it was raised out of an object. */
  readonly path: readonly string[];
  readonly name: string;
  readonly line: number;
  readonly type: FieldType;
  readonly node: DocumentNode;
}
