/** What this store uses of the driver, which is imported when a store is first opened. */

import type * as Driver from "@aws-sdk/client-dynamodb";

/** The driver's module. */
export type DynamoDriver = typeof Driver;

/** A value as the database has it, with its type as the name of its one member. */
export type AttributeValue = Driver.AttributeValue;

/** Attributes by name. */
export type Item = { readonly [name: string]: AttributeValue };

export function loadDriver(): Promise<DynamoDriver> {
  return import("@aws-sdk/client-dynamodb");
}
