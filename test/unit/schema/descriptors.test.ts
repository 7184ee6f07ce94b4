/** What reflection serves is complete, and what was loaded is served as it came. */

import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { createDescriptors, type DescriptorFiles, type Descriptors } from "../../../src/schema/descriptors.ts";
import { loadFiles } from "../../../src/schema/load.ts";
import { loadSchema } from "../../../src/schema/load-schema.ts";
import { entity, proto, protoFolder } from "./proto-folder.ts";

describe("the descriptors of the example entities", () => {
  let descriptors: Descriptors;

  beforeAll(async () => {
    ({ descriptors } = await loadSchema({ sources: ["proto"] }));
  });

  test("hold loaded, synthesized and own files", () => {
    expect(descriptors.fileNames()).toEqual(
      expect.arrayContaining([
        "google/protobuf/any.proto",
        "google/rpc/error_details.proto",
        "google/rpc/status.proto",
        "grpc/health/v1/health.proto",
        "grpc/reflection/v1/reflection.proto",
        "grpc/reflection/v1alpha/reflection.proto",
        "pannier/v1/admin.proto",
        "shop/v1/order.proto",
        "shop/v1/order_repository.proto",
      ]),
    );
  });

  test("list every service", () => {
    expect(descriptors.services()).toEqual(
      expect.arrayContaining(["grpc.health.v1.Health", "pannier.v1.AdminService", "shop.v1.OrderRepository"]),
    );
  });

  test.each([
    ["shop.v1.Order", "shop/v1/order.proto"],
    ["shop.v1.Order.total_amount", "shop/v1/order.proto"],
    ["shop.v1.OrderRepository", "shop/v1/order_repository.proto"],
    ["shop.v1.OrderRepository.Create", "shop/v1/order_repository.proto"],
    ["shop.v1.OrderRepositoryExistsRequest.target", "shop/v1/order_repository.proto"],
    ["shop.v1.OrderFilter.ItemsListPredicate", "shop/v1/order_repository.proto"],
    ["pannier.v1.entity", "pannier/v1/annotations.proto"],
    ["pannier.v1.GENERATE_ULID", "pannier/v1/annotations.proto"],
    ["pannier.v1.Generate.GENERATE_ULID", "pannier/v1/annotations.proto"],
    ["shop.v1.Nothing", undefined],
    ["shop.v1.Order.nothing", undefined],
    ["", undefined],
  ])("know where %s is declared", (symbol, file) => {
    expect(descriptors.fileOfSymbol(symbol)).toBe(file);
  });

  test("know extensions by type and number", () => {
    expect(descriptors.fileOfExtension("google.protobuf.MessageOptions", 50555)).toBe("pannier/v1/annotations.proto");
    expect(descriptors.fileOfExtension("google.protobuf.MessageOptions", 1)).toBeUndefined();
    expect(descriptors.extensionNumbers("google.protobuf.FieldOptions")).toEqual([50555]);
    expect(descriptors.extensionNumbers("shop.v1.Order")).toEqual([]);
    expect(descriptors.extensionNumbers("shop.v1.Nothing")).toBeUndefined();
  });

  test("have closures in order of imports", () => {
    const closure = descriptors.closure("shop/v1/order_repository.proto");
    expect(closure.at(-1)).toBe("shop/v1/order_repository.proto");
    expect(closure).toContain("google/protobuf/descriptor.proto");
    for (const name of closure) {
      const file = fromBinary(FileDescriptorProtoSchema, descriptors.fileByName(name) ?? new Uint8Array());
      for (const imported of file.dependency) expect(closure.indexOf(imported)).toBeLessThan(closure.indexOf(name));
    }
    expect(descriptors.closure("nothing.proto")).toEqual([]);
  });
});

test("loaded files are served byte for byte", async () => {
  const { files } = await loadFiles({ sources: ["proto"] });
  const order = files.find((file) => file.proto.name === "shop/v1/order.proto");
  expect(order?.bytes).toBeDefined();
  const descriptors = createDescriptors(() => ({ files, synthesized: [] }));
  expect(descriptors.fileByName("shop/v1/order.proto")).toBe(order?.bytes);
});

test("files are let go a minute after they were last asked for, and read again when they are wanted", async () => {
  const { files } = await loadFiles({ sources: ["proto"] });
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const read = vi.fn<() => DescriptorFiles>(() => ({ files, synthesized: [] }));
  const descriptors = createDescriptors(read);
  for (let i = 0; i < 5; i += 1) {
    expect(descriptors.fileOfSymbol("shop.v1.Order")).toBe("shop/v1/order.proto");
    vi.advanceTimersByTime(59_000);
  }
  expect(read).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(1_000);
  expect(vi.getTimerCount()).toBe(0);
  expect(descriptors.fileOfSymbol("shop.v1.Order")).toBe("shop/v1/order.proto");
  expect(read).toHaveBeenCalledTimes(2);
});

test("imports for options alone are served as imports", async () => {
  const options = `syntax = "proto3"; package q.v1; import "google/protobuf/descriptor.proto";
extend google.protobuf.MessageOptions { string note = 50001; }`;
  const text = proto(entity("").replace("string id", 'option (q.v1.note) = "kept"; string id'), 'edition = "2024"');
  await using folder = await protoFolder({
    "q/v1/note.proto": options,
    "p/v1/e.proto": text
      .replace('import "pannier', 'import option "q/v1/note.proto";\nimport option "pannier')
      .replace(/^(import option .*\n)(import option .*\n)/m, "$1$2"),
  });
  const { descriptors, findings } = await loadSchema({ sources: [folder.path] });
  expect(findings).toEqual([]);
  const file = fromBinary(FileDescriptorProtoSchema, descriptors.fileByName("p/v1/e.proto") ?? new Uint8Array());
  expect(file.optionDependency).toEqual([]);
  expect(file.dependency).toEqual(expect.arrayContaining(["q/v1/note.proto", "pannier/v1/annotations.proto"]));
  expect(file.messageType[0]?.options?.$unknown?.map(({ no }) => no)).toEqual(expect.arrayContaining([50001, 50555]));
});
