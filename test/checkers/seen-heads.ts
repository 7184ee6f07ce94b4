// What a caller is not shown of an answer, its metadata, is looked at where the native transport gets it: connectconformance wants to see it.
import { ClientCall } from "../../clients/typescript/transport/native/call.ts";
import { Line } from "../../clients/typescript/transport/native/line.ts";
import type { MessageHead } from "../../src/http2/message-head.ts";
import type { Stream } from "../../src/http2/stream.ts";
import type { OutgoingCall } from "../../clients/typescript/transport/transport.ts";

interface Field {
  readonly name: string;
  readonly value: string;
}

export interface SeenHeads {
  headers?: readonly Field[];
  trailers?: readonly Field[];
}

/** By what was asked. */
export const seenHeads: WeakMap<OutgoingCall, SeenHeads> = new WeakMap();

function seenOf(asked: OutgoingCall): SeenHeads {
  const known = seenHeads.get(asked) ?? {};
  seenHeads.set(asked, known);
  return known;
}

type Method = (...args: readonly unknown[]) => void;

/** Has it look first, then do as it does. */
function precede<Prototype extends object>(
  prototype: Prototype,
  name: keyof Prototype & string,
  look: (...args: readonly never[]) => void,
  own: Method = Reflect.get(prototype, name) as Method, // methods of both are told apart by name alone
): void {
  Reflect.set(prototype, name, function (this: unknown, ...args: readonly never[]) {
    look.call(this, ...args);
    own.call(this, ...args);
  });
}

precede(Line.prototype, "head", (stream: Stream<ClientCall>, { section }: MessageHead, isEnd: boolean) => {
  if (stream.owner && !isEnd) seenOf(stream.owner.asked).headers = section.fields;
});

precede(ClientCall.prototype, "trailers", function (this: ClientCall, { section }: MessageHead) {
  seenOf(this.asked).trailers = section.fields;
});
