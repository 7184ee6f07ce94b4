/** Fills the contract of `wire.ts` for one entity. */

import { Fault } from "../../model/fault.ts";
import type { EntityCodec } from "../../schema/codec/codec.ts";
import { placed } from "../../schema/codec/fault-path.ts";
import { Reader } from "../../schema/codec/reader.ts";
import { Writer } from "../../schema/codec/writer.ts";
import { answerWriters, type WriteAnswer } from "./answers.ts";
import { requestReaders, type ReadRequest } from "./requests.ts";
import type { MethodCodec, RepositoryMethod, RepositoryWire } from "./wire.ts";

export function createWire(codec: EntityCodec): RepositoryWire {
  const { entity } = codec;
  const readers = requestReaders(codec);
  const answers = answerWriters(codec);
  const writer = new Writer(); // encoding is synchronous, so one serves all methods
  const method = <Request, Result>(
    name: RepositoryMethod,
    read: ReadRequest<Request>,
    write: WriteAnswer<Result>,
  ): MethodCodec<Request, Result> => ({
    decode(bytes, meter) {
      try {
        return read(new Reader(bytes, meter));
      } catch (error) {
        throw error instanceof Fault ? placed(error, { entity: entity.name, operation: name }) : error;
      }
    },
    encode(result) {
      writer.reset();
      write(writer, result);
      return writer.finish();
    },
  });
  return {
    entity,
    Create: method("Create", readers.Create, (out, result) => answers.entity(out, result.entity)),
    Get: method("Get", readers.Get, answers.entity),
    BatchGet: method("BatchGet", readers.BatchGet, answers.results),
    List: method("List", readers.List, answers.page),
    Scan: method("Scan", readers.Scan, answers.frame),
    Count: method("Count", readers.Count, answers.count),
    Exists: method("Exists", readers.Exists, answers.exists),
    Update: method("Update", readers.Update, answers.written),
    Put: method("Put", readers.Put, answers.written),
    Delete: method("Delete", readers.Delete, (out, result) => answers.entity(out, result.entity)),
    Undelete: method("Undelete", readers.Undelete, (out, result) => answers.entity(out, result.entity)),
    BatchWrite: method("BatchWrite", readers.BatchWrite, answers.results),
    record: {
      decode(bytes, meter) {
        try {
          return codec.record.decode(new Reader(bytes, meter), bytes.length);
        } catch (error) {
          throw error instanceof Fault ? placed(error, { entity: entity.name }) : error;
        }
      },
      encode({ record, fields }) {
        writer.reset();
        codec.record.encode(record, writer, fields);
        return writer.finish();
      },
    },
  };
}
