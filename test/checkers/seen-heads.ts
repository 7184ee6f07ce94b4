// What a caller is not shown of an answer, its metadata, is looked at where the native transport gets it: connectconformance wants to see it.
import { ClientCall } from "../../clients/typescript/transport/native/call.ts";
import { Line } from "../../clients/typescript/transport/native/line.ts";
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

const { head, trailers } = { head: Line.prototype.head, trailers: ClientCall.prototype.trailers };

Line.prototype.head = function (stream, found, isEnd) {
  if (stream.owner && !isEnd) seenOf(stream.owner.asked).headers = found.section.fields;
  head.call(this, stream, found, isEnd);
};

ClientCall.prototype.trailers = function (found) {
  seenOf(this.asked).trailers = found.section.fields;
  trailers.call(this, found);
};
