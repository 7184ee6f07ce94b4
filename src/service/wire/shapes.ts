/** Which fields of a request are messages, for the look that is taken at large ones before they are decoded. */

import type { EntityModel } from "../../model/entity.ts";
import { filterShape, PLAIN_SHAPE, recordShape, type Shape } from "../../schema/codec/prescan.ts";
import { REQUEST_FIELDS } from "./requests.ts";
import type { RepositoryMethod } from "./wire.ts";

export function requestShapes(entity: EntityModel): { readonly [method in RepositoryMethod]: Shape } {
  const record = recordShape(entity.message);
  const filter = filterShape(entity);
  const inner = new Map([
    ["entity", record],
    ["increment", record],
    ["append", record],
    ["remove", record],
    ["where", filter],
    ["condition", filter],
    ["key", PLAIN_SHAPE],
    ["keys", PLAIN_SHAPE],
    ["read_mask", PLAIN_SHAPE],
    ["update_mask", PLAIN_SHAPE],
  ]);
  const shape = (method: keyof typeof REQUEST_FIELDS): Shape => {
    const messages = new Map<number, Shape>();
    for (const [key, fieldAt] of Object.entries(REQUEST_FIELDS[method])) {
      const found = inner.get(fieldAt(Number(key)).name);
      if (found) messages.set(Number(key), found);
    }
    return { messages };
  };
  for (const [write, method] of [
    ["create", "Create"],
    ["update", "Update"],
    ["put", "Put"],
    ["delete", "Delete"],
  ] as const)
    inner.set(write, shape(method));
  inner.set("writes", shape("Write"));
  return {
    Create: shape("Create"),
    Get: shape("Get"),
    BatchGet: shape("BatchGet"),
    List: shape("List"),
    Scan: shape("Scan"),
    Count: shape("Count"),
    Exists: shape("Exists"),
    Update: shape("Update"),
    Put: shape("Put"),
    Delete: shape("Delete"),
    Undelete: shape("Undelete"),
    BatchWrite: shape("BatchWrite"),
  };
}
