/** Where in a message a fault was found: each level that it leaves puts its own name in front. */

import { Fault, type FaultDetail } from "../../model/fault.ts";

/** The same fault, one level up. Anything that is not a fault stays what it is. */
export function below(error: unknown, name: string): unknown {
  if (!(error instanceof Fault) || name === "") return error;
  return new Fault(error.reason, error.message, { ...error.detail, field: join(name, error.detail.field) });
}

/** The finished fault: its message begins with the place, for those who see the message alone. */
export function placed(fault: Fault, detail: FaultDetail): Fault {
  const { field } = fault.detail;
  return new Fault(fault.reason, field ? `${field}: ${fault.message}` : fault.message, { ...detail, ...fault.detail });
}

/** `a` and `b.c` make `a.b.c`; an index in brackets joins without a point. */
function join(name: string, rest: string | undefined): string {
  if (!rest) return name;
  return rest.startsWith("[") ? name + rest : `${name}.${rest}`;
}

/** Bytes that are not protobuf. */
export function malformed(found: string): Fault {
  return new Fault("MESSAGE_MALFORMED", `The message cannot be read: ${found}.`);
}

/** A field number that the message does not declare. */
export function unknownField(message: string, number: number): Fault {
  return new Fault("FIELD_UNKNOWN", `${message} has no field with number ${number}; is the client's file newer?`, {
    field: String(number),
    metadata: { message, number: String(number) },
  });
}

/** A declared field whose bytes have the form of another type. */
export function mistyped(message: string, name: string, number: number): Fault {
  return new Fault("FIELD_INVALID", `${message}.${name} (number ${number}) was sent as another type than declared.`);
}
