/** Names of a document as names of protobuf. */

import { capitalised, snakeCase } from "../schema/naming.ts";

/** `UserID` becomes user_id, `first-name` first_name, `2fa` f_2fa. */
export function fieldName(name: string): string {
  const snake = snakeCase(words(name)).replaceAll(/_+/gu, "_");
  const whole = /^[a-z]/u.test(snake) ? snake : `f_${snake.replace(/^_/u, "")}`;
  // Filters have these for themselves.
  return ["all", "any", "none"].includes(whole) ? `${whole}_value` : whole;
}

/** `order-item` becomes OrderItem. */
export function typeName(name: string): string {
  const type = capitalised(words(name));
  return /^[A-Z]/u.test(type) ? type : `T${type}`;
}

/** `in progress` of OrderStatus becomes ORDER_STATUS_IN_PROGRESS. */
export function enumValueName(type: string, value: string): string {
  return `${snakeCase(type)}_${snakeCase(words(value))}`.toUpperCase();
}

function words(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9]+/gu, "_").replaceAll(/^_+|_+$/gu, "");
}
