/** How values of one type are written into documents, and read from them. */

import type { Value } from "../../model/value.ts";
import type { JsonText } from "./json-text.ts";
import type { Json } from "./json.ts";

export interface DocumentCodec {
  encode(value: Value): Json;
  /** The text of what `encode` makes, without making it. */
  write(value: Value): string;
  decode(json: Json): Value;
  /** As `decode` of what is parsed. @throws DocumentError where the text is not written as usual */
  read(text: JsonText): Value;
}
