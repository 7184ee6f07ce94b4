/** Compiles an entity's codecs from its model. */

import type { CompileCodec } from "./codec.ts";
import { filterCodec } from "./filter.ts";
import { keyCodec } from "./key.ts";
import { dropUnknown, recordCompiler, refuseUnknown } from "./record.ts";

export const compileCodec: CompileCodec = (entity, limits) => {
  const change = recordCompiler(refuseUnknown)(entity.message);
  const record = limits.unknownEntityFields === "drop" ? recordCompiler(dropUnknown)(entity.message) : change;
  return { entity, limits, record, change, key: keyCodec(entity), filter: filterCodec(entity, limits) };
};
