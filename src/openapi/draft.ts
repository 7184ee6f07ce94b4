/** What a document becomes: messages and enums before they have numbers and text. */

export interface FileDraft {
  readonly package: string;
  readonly messages: readonly MessageDraft[];
  readonly enums: readonly EnumDraft[];
}

export interface MessageDraft {
  readonly name: string;
  readonly comment: string | undefined;
  readonly fields: readonly FieldDraft[];
  readonly messages: readonly MessageDraft[];
  readonly enums: readonly EnumDraft[];
  readonly entity?: EntityDraft;
}

export interface FieldDraft {
  readonly name: string;
  /** As it is written in a .proto file, its label included: `optional string`. */
  readonly type: string;
  readonly comment: string | undefined;
  /** Of `(pannier.v1.field)`, each `name: value`. */
  readonly options: readonly string[];
  readonly deprecated: boolean;
}

export interface EnumDraft {
  readonly name: string;
  readonly comment: string | undefined;
  /** The one for 0 comes first. */
  readonly values: readonly string[];
}

export interface EntityDraft {
  readonly partition: readonly string[];
  readonly sort: readonly string[];
  readonly item: ItemDraft;
  readonly indexes: readonly IndexDraft[];
}

export interface IndexDraft {
  readonly name: string;
  readonly fields: readonly string[];
  readonly physical: string;
  readonly item: ItemDraft;
}

/** Templates of Pannier. */
export interface ItemDraft {
  readonly partition: string;
  /** Empty where there is none. */
  readonly sort: string;
}

/** What cannot be said in a .proto file, or was said in another way. */
export interface ImportFinding {
  /** From 1, in the document. */
  readonly line: number;
  readonly model: string;
  readonly field?: string;
  readonly what: string;
  /** What was done, or what to do. */
  readonly mend: string;
}

export type ReportFinding = (finding: ImportFinding) => void;
