/** The answers of one entity's repository. */

import type { Fault } from "../../model/fault.ts";
import type { ItemResult, Page, Projected, ScanFrame, ScanProgress, Written } from "../../repository/operation.ts";
import type { EntityCodec } from "../../schema/codec/codec.ts";
import { fromNanoseconds } from "../../model/int64.ts";
import { WIRE } from "../../schema/codec/reader.ts";
import type { Writer } from "../../schema/codec/writer.ts";
import { CODES, metadataOf } from "../status.ts";

/** Writes a whole answer, and leaves finishing it to the caller. */
export type WriteAnswer<Result> = (writer: Writer, result: Result) => void;

export interface AnswerWriters {
  /** Create, Get, Delete and Undelete: the entity alone. */
  readonly entity: WriteAnswer<Projected | undefined>;
  /** Update and Put: the entity, and whether it is new. */
  readonly written: WriteAnswer<Written>;
  readonly results: WriteAnswer<readonly ItemResult[]>;
  readonly page: WriteAnswer<Page>;
  readonly frame: WriteAnswer<ScanFrame>;
  readonly count: WriteAnswer<number>;
  readonly exists: WriteAnswer<boolean>;
}

export function answerWriters(codec: EntityCodec): AnswerWriters {
  const entity = (writer: Writer, { record, fields }: Projected): void => {
    const mark = openMessage(writer, 1);
    codec.record.encode(record, writer, fields);
    writer.close(mark);
  };
  return {
    entity: (writer, result) => result && entity(writer, result),
    written(writer, result) {
      if (result.entity) entity(writer, result.entity);
      writeBool(writer, 2, result.created);
    },
    results(writer, results) {
      for (const result of results) {
        const mark = openMessage(writer, 1);
        writeResult(writer, result, entity);
        writer.close(mark);
      }
    },
    page(writer, page) {
      for (const each of page.entities) entity(writer, each);
      writeText(writer, 2, page.nextPageToken);
      if (page.totalSize !== undefined) {
        writer.uint32(3 << 3);
        writer.smallInt64(page.totalSize);
      }
    },
    frame(writer, frame) {
      for (const each of frame.entities) entity(writer, each);
      writeFrame(writer, frame, codec);
    },
    count: (writer, count) => writeNumber(writer, 1, count),
    exists: (writer, exists) => writeBool(writer, 1, exists),
  };
}

function writeResult(writer: Writer, result: ItemResult, entity: (writer: Writer, result: Projected) => void): void {
  switch (result.kind) {
    case "nothing":
      return;
    case "fault": {
      const mark = openMessage(writer, 2);
      writeItemStatus(writer, result.fault);
      return writer.close(mark);
    }
    case "entity":
      entity(writer, result.entity);
      writeBool(writer, 3, result.created);
      writeBool(writer, 4, result.trimmed);
  }
}

/** What a frame holds beside its entities. */
function writeFrame(writer: Writer, frame: ScanFrame, codec: EntityCodec): void {
  writeText(writer, 2, frame.resumeToken);
  writeNumber(writer, 3, frame.firstIndex);
  writeNumber(writer, 4, frame.pageNumber);
  writeTimestamp(writer, 5, frame.readAt);
  if (frame.progress) writeProgress(writer, frame.progress);
  if (!frame.error) return;
  const status = openMessage(writer, 7);
  writeItemStatus(writer, frame.error.fault);
  writer.close(status);
  if (!frame.error.key) return;
  const key = openMessage(writer, 8);
  codec.key.encode(frame.error.key, writer);
  writer.close(key);
}

function writeProgress(writer: Writer, progress: ScanProgress): void {
  const mark = openMessage(writer, 6);
  writeNumber(writer, 1, progress.entities);
  writeNumber(writer, 2, progress.pages);
  writeNumber(writer, 3, progress.errors);
  writeTimestamp(writer, 4, progress.startedAt);
  if (progress.rate !== 0) {
    writer.uint32((5 << 3) | WIRE.fixed64);
    writer.double(progress.rate);
  }
  writer.close(mark);
}

const LONGEST_MESSAGE = 1_024;

/** pannier.v1.ItemStatus: what the status of a call would say. */
function writeItemStatus(writer: Writer, fault: Fault): void {
  writeNumber(writer, 1, CODES[fault.code]);
  writeText(writer, 2, fault.message.slice(0, LONGEST_MESSAGE).toWellFormed());
  writeText(writer, 3, fault.reason);
  for (const [name, value] of Object.entries(metadataOf(fault.detail))) {
    const mark = openMessage(writer, 4);
    writeText(writer, 1, name);
    writeText(writer, 2, value);
    writer.close(mark);
  }
}

function writeTimestamp(writer: Writer, number: number, nanoseconds: bigint): void {
  const { seconds, nanos } = fromNanoseconds(nanoseconds);
  const mark = openMessage(writer, number);
  writeNumber(writer, 1, seconds);
  writeNumber(writer, 2, nanos);
  writer.close(mark);
}

/** int32 and int64 alike; nothing for 0. */
function writeNumber(writer: Writer, number: number, value: number): void {
  if (value === 0) return;
  writer.uint32(number << 3);
  writer.smallInt64(value);
}

function writeBool(writer: Writer, number: number, value: boolean): void {
  if (!value) return;
  writer.uint32(number << 3);
  writer.bool(true);
}

function writeText(writer: Writer, number: number, value: string): void {
  if (value === "") return;
  writer.uint32((number << 3) | WIRE.length);
  writer.string(value);
}

function openMessage(writer: Writer, number: number): number {
  writer.uint32((number << 3) | WIRE.length);
  return writer.open();
}
