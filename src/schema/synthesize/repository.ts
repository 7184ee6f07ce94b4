/** The service of an entity and its messages, besides the Filter. Names and numbers are the API: they never change. One file, because it is read beside the API's. */

import type { DescMessage } from "@bufbuild/protobuf";
import { parseTerm } from "../order-term.ts";
import type { EntityOptions } from "../../gen/pannier/v1/annotations_pb.ts";
import {
  bool,
  enumeration,
  int32,
  int64,
  message,
  text,
  type DraftField,
  type DraftMessage,
  type DraftMethod,
} from "./draft.ts";

/** Methods of every repository, in their order. */
const METHODS = [
  "Create",
  "Get",
  "BatchGet",
  "List",
  "Scan",
  "Count",
  "Exists",
  "Update",
  "Put",
  "Delete",
  "Undelete",
  "BatchWrite",
] as const;

export type MethodName = (typeof METHODS)[number];

const READS: readonly MethodName[] = ["Get", "BatchGet", "List", "Scan", "Count", "Exists"];

/** The methods an entity has: Undelete only with soft delete. */
export function methodsOf(softDelete: boolean): readonly MethodName[] {
  return METHODS.filter((name) => softDelete || name !== "Undelete");
}

/** @param api full name that the names of the service and its messages begin with */
export function draftMethods(api: string, softDelete: boolean): readonly DraftMethod[] {
  return methodsOf(softDelete).map((name) => ({
    name,
    input: `.${api}Repository${name}Request`,
    output: `.${api}Repository${name}Response`,
    streams: name === "Scan",
    reads: READS.includes(name),
    ...(name === "Undelete" && { comment: "Only for entities with soft delete." }),
  }));
}

/** The key fields under their own names, numbers and types, in the order the key declares. */
export function draftKey(entity: DescMessage, base: string, options: EntityOptions): DraftMessage {
  const names = [...(options.key?.partition ?? []), ...(options.key?.sort ?? [])].map((term) => parseTerm(term)?.name);
  const fields = names.flatMap((name) => entity.proto.field.find((field) => field.name === name) ?? []);
  return {
    name: `${base}Key`,
    fields: fields.map(({ name, number, type, typeName }) => ({
      name,
      number,
      type,
      ...(typeName !== "" && { typeName }),
    })),
  };
}

/** Requests and responses in the order of methods, each kind beside its method. */
export function draftMessages(names: FullNames, softDelete: boolean): readonly DraftMessage[] {
  const m = new RepositoryMessages(names);
  return [
    ...m.create(),
    ...m.get(),
    ...m.batchGet(),
    ...m.list(),
    ...m.scan(),
    ...m.count(),
    ...m.exists(),
    ...m.update(),
    ...m.put(),
    ...m.delete(),
    ...(softDelete ? m.undelete() : []),
    ...m.batchWrite(),
  ];
}

/** Of the message, and what the names of everything made for it begin with. */
export interface FullNames {
  readonly entity: string;
  readonly api: string;
}

class RepositoryMessages {
  readonly #entityName: string;
  readonly #api: string;
  readonly #base: string;

  constructor({ entity, api }: FullNames) {
    this.#entityName = entity;
    this.#api = api;
    this.#base = api.slice(api.lastIndexOf(".") + 1);
  }

  create(): readonly DraftMessage[] {
    return [
      this.#message("CreateRequest", [this.#entity(), requestId(), validateOnly(), ...this.#answer()]),
      this.#message("CreateResponse", [this.#entity()]),
    ];
  }

  get(): readonly DraftMessage[] {
    return [
      this.#message("GetRequest", [this.#key("key", 1), readMask(2), consistency(3), bool("show_deleted", 4)]),
      this.#message("GetResponse", [this.#entity()]),
    ];
  }

  batchGet(): readonly DraftMessage[] {
    const keys = message(`${this.#api}Key`, "keys", 1, { repeated: true });
    return [
      this.#message("BatchGetRequest", [keys, readMask(2), consistency(3), bool("show_deleted", 4)]),
      this.#message("BatchGetResponse", [this.#results()], "results[i] answers keys[i]."),
      this.#result(),
    ];
  }

  list(): readonly DraftMessage[] {
    return [
      this.#message("ListRequest", [
        this.#filter("where", 1),
        text("order_by", 2, { comment: 'Fields with an optional " desc", separated by commas.' }),
        int32("page_size", 3),
        text("page_token", 4),
        int32("skip", 5, { comment: "Counted from the start of the query; ignored with a token." }),
        readMask(6),
        bool("show_deleted", 7),
        enumeration("pannier.v1.Total", "total", 8),
        bool("allow_scan", 9),
        consistency(10),
      ]),
      this.#message("ListResponse", [
        this.#entities(),
        text("next_page_token", 2, { comment: "Empty only on the last page." }),
        int64("total_size", 3, { optional: true }),
      ]),
    ];
  }

  scan(): readonly DraftMessage[] {
    return [
      this.#message("ScanRequest", [
        this.#filter("where", 1),
        text("order_by", 2, { comment: "Only what the store can deliver without sorting." }),
        int32("page_size", 3),
        text("resume_token", 4),
        readMask(6),
        bool("show_deleted", 7),
        int32("parallelism", 8, { comment: "Segments read side by side; order is then only kept within a segment." }),
        enumeration("pannier.v1.ErrorPolicy", "on_error", 9),
        consistency(10),
        int32("max_retries", 11, {
          optional: true,
          comment: "Retries of one page before on_error applies; the store's default when absent.",
        }),
      ]),
      this.#message("ScanResponse", [
        this.#entities(),
        text("resume_token", 2, { comment: "Continues after this frame, also in another process." }),
        int64("first_index", 3, { comment: "Position of the first entity of this frame, from 0." }),
        int32("page_number", 4),
        message("google.protobuf.Timestamp", "read_at", 5),
        message("pannier.v1.ScanProgress", "progress", 6, {
          comment: "At most a few times a second, and in the last frame.",
        }),
        message("pannier.v1.ItemStatus", "error", 7),
        this.#key("error_key", 8, { comment: "The row it concerns, where one is known." }),
      ]),
    ];
  }

  count(): readonly DraftMessage[] {
    return [
      this.#message("CountRequest", [this.#filter("where", 1), ...this.#unkeyed()]),
      this.#message("CountResponse", [int64("count", 1)]),
    ];
  }

  exists(): readonly DraftMessage[] {
    const target = { oneof: "target" };
    return [
      this.#message("ExistsRequest", [
        this.#key("key", 1, target),
        this.#filter("where", 2, target),
        ...this.#unkeyed(),
      ]),
      this.#message("ExistsResponse", [bool("exists", 1)]),
    ];
  }

  update(): readonly DraftMessage[] {
    const change = (name: string, number: number, comment: string): DraftField =>
      message(this.#entityName, name, number, { comment });
    return [
      this.#message("UpdateRequest", [
        this.#entity({ comment: "Its key fields choose the row." }),
        message("google.protobuf.FieldMask", "update_mask", 2, {
          comment: 'Absent: the present fields of entity besides its key. "*": all fields.',
        }),
        this.#filter("condition", 3),
        expectedVersion(),
        change("increment", 5, "Set numeric fields are added to the stored ones."),
        change("append", 6, "Elements of repeated fields are added at the end; to a set, once."),
        change("remove", 7, "Equal elements of repeated fields are removed, and the keys of maps."),
        bool("allow_missing", 8),
        requestId(),
        validateOnly(),
        ...this.#answer(),
      ]),
      this.#message("UpdateResponse", [this.#entity(), bool("created", 2)]),
    ];
  }

  put(): readonly DraftMessage[] {
    return [
      this.#message("PutRequest", [
        this.#entity(),
        this.#filter("condition", 3),
        expectedVersion(),
        requestId(),
        validateOnly(),
        ...this.#answer(),
        bool("restore", 16, {
          comment:
            "Stores managed fields as given instead of setting them, for imports; only where the store's configuration allows it.",
        }),
      ]),
      this.#message("PutResponse", [this.#entity(), bool("created", 2)]),
    ];
  }

  delete(): readonly DraftMessage[] {
    const left = "As it was left; absent when there was none and allow_missing was set.";
    return [
      this.#message("DeleteRequest", [
        this.#key("key", 1),
        this.#filter("condition", 3),
        expectedVersion(),
        bool("allow_missing", 8),
        requestId(),
        validateOnly(),
        bool("permanent", 11, { comment: "Removes the row of an entity with soft delete for good." }),
        ...this.#answer(),
      ]),
      this.#message("DeleteResponse", [this.#entity({ comment: left })]),
    ];
  }

  undelete(): readonly DraftMessage[] {
    return [
      this.#message("UndeleteRequest", [this.#key("key", 1), expectedVersion(), requestId(), ...this.#answer()]),
      this.#message("UndeleteResponse", [this.#entity()]),
    ];
  }

  batchWrite(): readonly DraftMessage[] {
    const write = (method: string, number: number): DraftField =>
      message(`${this.#api}Repository${method}Request`, method.toLowerCase(), number, { oneof: "write" });
    return [
      this.#message("Write", [write("Create", 1), write("Update", 2), write("Put", 3), write("Delete", 4)]),
      this.#message("BatchWriteRequest", [
        message(`${this.#api}RepositoryWrite`, "writes", 1, { repeated: true }),
        bool("atomic", 2, { comment: "All or nothing." }),
        readMask(3),
        consistency(4),
        text("request_id", 9, { comment: "For the whole batch; refused on its writes." }),
      ]),
      this.#message("BatchWriteResponse", [this.#results()], "results[i] answers writes[i]."),
    ];
  }

  #result(): DraftMessage {
    const result = { oneof: "result" };
    return this.#message(
      "Result",
      [
        this.#entity(result),
        message("pannier.v1.ItemStatus", "status", 2, result),
        bool("created", 3),
        bool("trimmed", 4, { comment: "Too large to send with the others: entity holds its key alone." }),
      ],
      "Neither set: there was nothing to delete, and allow_missing was given.",
    );
  }

  #message(name: string, fields: readonly DraftField[], comment?: string): DraftMessage {
    return { name: `${this.#base}Repository${name}`, fields, ...(comment !== undefined && { comment }) };
  }

  #entity(more: Pick<DraftField, "oneof" | "comment"> = {}): DraftField {
    return message(this.#entityName, "entity", 1, more);
  }

  #entities(): DraftField {
    return message(this.#entityName, "entities", 1, { repeated: true });
  }

  #results(): DraftField {
    return message(`${this.#api}RepositoryResult`, "results", 1, { repeated: true });
  }

  #key(name: string, number: number, more: Pick<DraftField, "oneof" | "comment"> = {}): DraftField {
    return message(`${this.#api}Key`, name, number, more);
  }

  #filter(name: string, number: number, more: Pick<DraftField, "oneof"> = {}): DraftField {
    return message(`${this.#api}Filter`, name, number, more);
  }

  /** What writes say about their answer. */
  #answer(): readonly DraftField[] {
    const comment = "What the answer holds; a mask of key fields alone lets the store skip reading back.";
    return [message("google.protobuf.FieldMask", "read_mask", 12, { comment }), consistency(13)];
  }

  /** What reads without a key say. */
  #unkeyed(): readonly DraftField[] {
    return [bool("show_deleted", 7), bool("allow_scan", 9), consistency(10)];
  }
}

function requestId(): DraftField {
  return text("request_id", 9);
}

function validateOnly(): DraftField {
  return bool("validate_only", 10);
}

function expectedVersion(): DraftField {
  return int64("expected_version", 4, { optional: true });
}

function readMask(number: number): DraftField {
  return message("google.protobuf.FieldMask", "read_mask", number);
}

function consistency(number: number): DraftField {
  return enumeration("pannier.v1.Consistency", "consistency", number);
}
