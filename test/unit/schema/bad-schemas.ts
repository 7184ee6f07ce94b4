/** Schemas with one mistake each, and what has to be said of it. Each is compiled in a package of its own. */

import { entity } from "./proto-folder.ts";

export interface BadSchema {
  readonly mistake: string;
  readonly body: string;
  /** First line of the file; proto3 when absent. */
  readonly head?: string;
  /** What the finding says is wrong. */
  readonly what: RegExp;
  readonly field?: string;
}

const PROTO2 = 'syntax = "proto2"';
const E2023 = 'edition = "2023"';
const E2024 = 'edition = "2024"';

function keyed(key: string, fields: string, more = ""): string {
  return `message E { option (pannier.v1.entity) = { key: { ${key} } ${more} }; ${fields} }`;
}

const KEYS: readonly BadSchema[] = [
  { mistake: "no key", body: "message E { option (pannier.v1.entity) = {}; string id = 1; }", what: /has no key/ },
  { mistake: "a key of sort fields alone", body: keyed('sort: "id"', "string id = 1;"), what: /has no key/ },
  {
    mistake: "an unknown key field",
    body: keyed('partition: "uid"', "string id = 1;"),
    what: /key names uid, which is no field/,
  },
  {
    mistake: "a key field twice",
    body: keyed('partition: "id" sort: "id desc"', "string id = 1;"),
    what: /the key names it twice/,
    field: "id",
  },
  {
    mistake: "a key term that is none",
    body: keyed('partition: "id" sort: "a down"', "string id = 1; string a = 2;"),
    what: /key holds what is no field/,
  },
  {
    mistake: "a direction in the partition",
    body: keyed('partition: "id desc"', "string id = 1;"),
    what: /partition gives id a direction/,
  },
  {
    mistake: "a repeated key",
    body: keyed('partition: "id"', "repeated string id = 1;"),
    what: /in the key, and is repeated/,
    field: "id",
  },
  {
    mistake: "a map as key",
    body: keyed('partition: "id"', "map<string, string> id = 1;"),
    what: /in the key, and is a map/,
    field: "id",
  },
  {
    mistake: "a floating key",
    body: keyed('partition: "id"', "double id = 1;"),
    what: /in the key, and is floating point/,
    field: "id",
  },
  {
    mistake: "a key in a oneof",
    body: keyed('partition: "id"', "oneof o { string id = 1; int64 n = 2; }"),
    what: /in the key, and is a member of the oneof o/,
    field: "id",
  },
  {
    mistake: "a Duration as key",
    body: keyed('partition: "id"', "google.protobuf.Duration id = 1;"),
    what: /in the key, and is a message \(google.protobuf.Duration\)/,
    field: "id",
  },
  {
    mistake: "a wrapper as key",
    body: keyed('partition: "id"', "google.protobuf.StringValue id = 1;"),
    what: /in the key, and is a message/,
    field: "id",
  },
  {
    mistake: "a sensitive key",
    body: keyed('partition: "id"', "string id = 1 [(pannier.v1.field).sensitive = true];"),
    what: /in the key, and is sensitive/,
    field: "id",
  },
  {
    mistake: "a managed key",
    body: keyed('partition: "id"', "google.protobuf.Timestamp id = 1 [(pannier.v1.field).created_at = true];"),
    what: /in the key, and the sidecar writes it/,
    field: "id",
  },
  {
    mistake: "an ignored key",
    body: keyed('partition: "id"', "string id = 1 [(pannier.v1.field).ignore = true];"),
    what: /the key names it, but it is not stored/,
    field: "id",
  },
  {
    mistake: "a closed enum as key of proto2",
    head: PROTO2,
    body: keyed('partition: "id"', "optional S id = 1;") + " enum S { S_UNSPECIFIED = 0; }",
    what: /in the key, and is a closed enum/,
    field: "id",
  },
  {
    mistake: "a closed enum as key of an edition",
    head: E2023,
    body: keyed('partition: "id"', "S id = 1;") + " enum S { option features.enum_type = CLOSED; S_UNSPECIFIED = 0; }",
    what: /in the key, and is a closed enum/,
    field: "id",
  },
];

const INDEXES: readonly BadSchema[] = [
  {
    mistake: "an unknown index field",
    body: entity("string a = 2;", 'indexes: { fields: "b" }'),
    what: /the index b names b, which is no field/,
  },
  { mistake: "an index without fields", body: entity("", "indexes: { unique: true }"), what: /an index has no fields/ },
  {
    mistake: "an index term that is none",
    body: entity("string a = 2;", 'indexes: { name: "i" fields: "a descending" }'),
    what: /the index i holds what is no field/,
  },
  {
    mistake: "an index field twice",
    body: entity("string a = 2;", 'indexes: { fields: ["a", "a desc"] }'),
    what: /names it twice/,
    field: "a",
  },
  {
    mistake: "an index of a list",
    body: entity("repeated string a = 2;", 'indexes: { fields: "a" }'),
    what: /and it is repeated/,
    field: "a",
  },
  {
    mistake: "an index of a message",
    body: entity("M a = 2;", 'indexes: { fields: "a" }') + " message M {}",
    what: /and it is a message/,
    field: "a",
  },
  {
    mistake: "a shorthand index of a map",
    body: entity("map<string, string> a = 2 [(pannier.v1.field).index = true];"),
    what: /its index holds it, and it is a map/,
    field: "a",
  },
  {
    mistake: "an index of an ignored field",
    body: entity("string a = 2 [(pannier.v1.field).ignore = true];", 'indexes: { fields: "a" }'),
    what: /is not stored/,
    field: "a",
  },
  {
    mistake: "two indexes of one name",
    body: entity(
      "string a = 2; string b = 3;",
      'indexes: { name: "i" fields: "a" } indexes: { name: "I" fields: "b" }',
    ),
    what: /two indexes are called I/,
  },
  {
    mistake: "two derived names that are one",
    body: entity("string a = 2;", 'indexes: { fields: "a" } indexes: { fields: "a desc" }'),
    what: /two indexes are called a/,
  },
  {
    mistake: "two indexes of the same fields",
    body: entity("string a = 2 [(pannier.v1.field).unique = true];", 'indexes: { name: "i" fields: "a" }'),
    what: /the indexes i and a hold the same fields/,
    field: "a",
  },
  {
    mistake: "index and unique at once",
    body: entity("string a = 2 [(pannier.v1.field) = { index: true unique: true }];"),
    what: /has `index` and `unique`/,
    field: "a",
  },
  {
    mistake: "an unknown field in default_order_by",
    body: entity("", 'default_order_by: "nope desc"'),
    what: /default_order_by names nope/,
  },
  {
    mistake: "a default_order_by that is none",
    body: entity("", 'default_order_by: "id desc,"'),
    what: /default_order_by holds what is no field/,
  },
  {
    mistake: "a list in default_order_by",
    body: entity("repeated string a = 2;", 'default_order_by: "a"'),
    what: /default_order_by names it, and it is repeated/,
    field: "a",
  },
];

const FIELDS: readonly BadSchema[] = [
  {
    mistake: "a field called all",
    body: entity("string all = 2;"),
    what: /is called all, which the filter needs/,
    field: "all",
  },
  { mistake: "a field called any", body: entity("string any = 2;"), what: /is called any/, field: "any" },
  { mistake: "a field called none", body: entity("string none = 2;"), what: /is called none/, field: "none" },
  { mistake: "number 18990", body: entity("string a = 18990;"), what: /predicate would have 19000/, field: "a" },
  { mistake: "number 18999", body: entity("string a = 18999;"), what: /predicate would have 19009/, field: "a" },
  {
    mistake: "number 536870902",
    body: entity("string a = 536870902;"),
    what: /predicate would have 536870912/,
    field: "a",
  },
  {
    mistake: "a required field of proto2",
    head: PROTO2,
    body: keyed('partition: "id"', "optional string id = 1; required string a = 2;"),
    what: /LEGACY_REQUIRED/,
    field: "a",
  },
  {
    mistake: "a required field of an edition",
    head: E2023,
    body: entity("string a = 2 [features.field_presence = LEGACY_REQUIRED];"),
    what: /LEGACY_REQUIRED/,
    field: "a",
  },
  {
    mistake: "required without presence",
    body: entity("string a = 2 [(pannier.v1.field).required = true];"),
    what: /is `required`, and absent cannot be distinguished from zero/,
    field: "a",
  },
  {
    mistake: "a required list",
    body: entity("repeated string a = 2 [(pannier.v1.field).required = true];"),
    what: /is `required`, and absent cannot/,
    field: "a",
  },
  {
    mistake: "a set that is no list",
    body: entity("string a = 2 [(pannier.v1.field).set = true];"),
    what: /is a `set` and not repeated/,
    field: "a",
  },
  {
    mistake: "a set of messages",
    body: entity("repeated google.protobuf.Timestamp a = 2 [(pannier.v1.field).set = true];"),
    what: /is a `set` of messages/,
    field: "a",
  },
  {
    mistake: "max_length of a number",
    body: entity("int64 a = 2 [(pannier.v1.field).max_length = 3];"),
    what: /has a `max_length`/,
    field: "a",
  },
  {
    mistake: "max_length of a list",
    body: entity("repeated string a = 2 [(pannier.v1.field).max_length = 3];"),
    what: /has a `max_length`/,
    field: "a",
  },
  {
    mistake: "a decimal number",
    body: entity("optional int64 a = 2 [(pannier.v1.field).decimal = { precision: 3 }];"),
    what: /is a `decimal` and no single string/,
    field: "a",
  },
  {
    mistake: "decimals in a list",
    body: entity("repeated string a = 2 [(pannier.v1.field).decimal = { precision: 3 }];"),
    what: /is a `decimal` and no single string/,
    field: "a",
  },
  {
    mistake: "a decimal without precision",
    body: entity("string a = 2 [(pannier.v1.field).decimal = {}];"),
    what: /decimal of precision 0/,
    field: "a",
  },
  {
    mistake: "a decimal of 79 digits",
    body: entity("string a = 2 [(pannier.v1.field).decimal = { precision: 79 }];"),
    what: /decimal of precision 79/,
    field: "a",
  },
  {
    mistake: "a scale above the precision",
    body: entity("string a = 2 [(pannier.v1.field).decimal = { precision: 3 scale: 4 }];"),
    what: /scale 4, above its precision 3/,
    field: "a",
  },
  {
    mistake: "a UUID in a number",
    body: entity("int64 a = 2 [(pannier.v1.field).generate = GENERATE_UUID_V7];"),
    what: /generates a UUID, which only a single string/,
    field: "a",
  },
  {
    mistake: "a ULID in bytes",
    body: entity("bytes a = 2 [(pannier.v1.field).generate = GENERATE_ULID];"),
    what: /generates a ULID, which only a single string/,
    field: "a",
  },
  {
    mistake: "a snowflake in a string",
    body: entity("string a = 2 [(pannier.v1.field).generate = GENERATE_SNOWFLAKE];"),
    what: /generates a snowflake number, which only a single int64/,
    field: "a",
  },
  {
    mistake: "a sequence in an int32",
    body: entity("int32 a = 2 [(pannier.v1.field).generate = GENERATE_SEQUENCE];"),
    what: /generates a sequence number, which only a single int64/,
    field: "a",
  },
  {
    mistake: "a generated reference",
    body: entity(
      'string a = 2 [(pannier.v1.field) = {generate: GENERATE_ULID, references: {entity: "elsewhere.v1.Entity"}}];',
    ),
    what: /is generated and references another entity/,
    field: "a",
  },
  {
    mistake: "a generated member of a oneof",
    body: entity("oneof o { string a = 2 [(pannier.v1.field).generate = GENERATE_ULID]; }"),
    what: /is generated, and a member of the oneof/,
    field: "a",
  },
  {
    mistake: "no room for what is generated",
    body: entity("string a = 2 [(pannier.v1.field) = { generate: GENERATE_ULID max_length: 25 }];"),
    what: /max_length of 25, and a ULID has 26/,
    field: "a",
  },
  {
    mistake: "annotations on an ignored field",
    body: entity("string a = 2 [(pannier.v1.field) = { ignore: true index: true }];"),
    what: /not stored \(`ignore`\), and has annotations/,
    field: "a",
  },
  {
    mistake: "two fields of one column",
    body: entity('string a = 2; string b = 3 [(pannier.v1.field).column = "A"];'),
    what: /has the column A, as a has/,
    field: "b",
  },
];

const ENCODINGS: readonly BadSchema[] = ["Timestamp", "Duration", "Int64Value"].map((type) => ({
  mistake: `a ${type} sent as a group`,
  head: E2023,
  body: entity(`google.protobuf.${type} a = 2 [features.message_encoding = DELIMITED];`),
  what: /sent as a group/,
  field: "a",
}));

const MANAGED: readonly BadSchema[] = [
  {
    mistake: "two managed fields of one kind",
    body: entity(
      "google.protobuf.Timestamp a = 2 [(pannier.v1.field).created_at = true]; google.protobuf.Timestamp b = 3 [(pannier.v1.field).created_at = true];",
    ),
    what: /second created_at; the first is a/,
    field: "b",
  },
  {
    mistake: "created_at in a number",
    body: entity("int64 a = 2 [(pannier.v1.field).created_at = true];"),
    what: /is created_at, and no single google.protobuf.Timestamp/,
    field: "a",
  },
  {
    mistake: "deleted_at in a list",
    body: entity("repeated google.protobuf.Timestamp a = 2 [(pannier.v1.field).deleted_at = true];"),
    what: /is deleted_at, and no single/,
    field: "a",
  },
  {
    mistake: "a version in an int32",
    body: entity("int32 a = 2 [(pannier.v1.field).version = true];"),
    what: /is version, and no single int64/,
    field: "a",
  },
  {
    mistake: "a version in a wrapper",
    body: entity("google.protobuf.Int64Value a = 2 [(pannier.v1.field).version = true];"),
    what: /is version, and no single int64/,
    field: "a",
  },
  {
    mistake: "a managed member of a oneof",
    body: entity("oneof o { google.protobuf.Timestamp a = 2 [(pannier.v1.field).expires_at = true]; }"),
    what: /is expires_at, and a member of the oneof/,
    field: "a",
  },
  {
    mistake: "a required managed field",
    body: entity("optional int64 a = 2 [(pannier.v1.field) = { version: true required: true }];"),
    what: /is `required`, and the sidecar writes it/,
    field: "a",
  },
];

function item(partition: string, sort: string, fields: string, key = 'partition: "a" sort: "b"'): string {
  return `message E { option (pannier.v1.entity) = { key: { ${key} } item: { partition: "${partition}" sort: "${sort}" } }; ${fields} }`;
}

const TWO = "string a = 1; string b = 2; string c = 3; int64 n = 4; double d = 5;";

const TEMPLATES: readonly BadSchema[] = [
  {
    mistake: "a template of an unknown field",
    body: item("{a}{x", "{b}", TWO),
    what: /partition template has a brace without its other half/,
  },
  { mistake: "an empty placeholder", body: item("{a}", "{}{b}", TWO), what: /sort template has a brace/ },
  {
    mistake: "a template that names no field",
    body: item("A#{a}", "{b}#{nope}", TWO),
    what: /names nope, which is no field/,
  },
  {
    mistake: "a template that lacks a key field",
    body: item("A#{a}", "B", TWO),
    what: /lacks b, so different rows would be one item/,
  },
  {
    mistake: "a key template with a field outside the key",
    body: item("A#{a}", "{b}#{c}", TWO),
    what: /names c outside the key/,
  },
  { mistake: "two fields side by side", body: item("X", "{a}{b}", TWO), what: /\{a\} and \{b\} side by side/ },
  {
    mistake: "digits between numbers",
    body: item("{n}1{a}", "", TWO, 'partition: "n" sort: "a"'),
    what: /"1" after \{n\}, which could be part of it/,
  },
  { mistake: "a template without a partition", body: item("", "{a}#{b}", TWO), what: /has no partition template/ },
  {
    mistake: "a floating field in an index template",
    body: entity("double d = 5;", 'indexes: { fields: "d" item: { partition: "{d}" } }'),
    what: /has no text of its own/,
    field: "d",
  },
  {
    mistake: "an index template that lacks a field",
    body: entity("string a = 5; string b = 6;", 'indexes: { fields: ["a", "b"] item: { partition: "{a}" } }'),
    what: /index a_b lacks b/,
  },
];

const TARGETS = `
message Soft { option (pannier.v1.entity) = { key: { partition: "id" } }; string id = 1; google.protobuf.Timestamp gone = 2 [(pannier.v1.field).deleted_at = true]; }
message Pair { option (pannier.v1.entity) = { key: { partition: "a" sort: "b" } }; string a = 1; string b = 2; }
message Hard { option (pannier.v1.entity) = { key: { partition: "id" } }; string id = 1; }
message Away { option (pannier.v1.entity) = { store: "other" key: { partition: "id" } }; string id = 1; }
message Other {}`;

function reference(to: string, action: string, field = "optional string a = 2", more = ""): string {
  const onDelete = action === "" ? "" : `on_delete: ON_DELETE_${action}`;
  return `${entity(`${field} [(pannier.v1.field) = { references: { entity: "${to}" ${onDelete} } ${more} }];`)} ${TARGETS}`;
}

const REFERENCES: readonly BadSchema[] = [
  {
    mistake: "a reference to what is no entity",
    body: reference("PACKAGE.Other", ""),
    what: /references .*Other, which is no entity/,
    field: "a",
  },
  {
    mistake: "an enforced reference to nothing known",
    body: reference("x.v1.Gone", "RESTRICT"),
    what: /references x.v1.Gone, which is no entity/,
    field: "a",
  },
  {
    mistake: "an enforced reference to a composite key",
    body: reference("PACKAGE.Pair", "RESTRICT"),
    what: /whose key has 2 fields/,
    field: "a",
  },
  {
    mistake: "CASCADE into soft delete",
    body: reference("PACKAGE.Soft", "CASCADE"),
    what: /has soft delete/,
    field: "a",
  },
  {
    mistake: "SET_NULL into soft delete",
    body: reference("PACKAGE.Soft", "SET_NULL"),
    what: /has soft delete/,
    field: "a",
  },
  {
    mistake: "SET_NULL of what cannot be absent",
    body: reference("PACKAGE.Hard", "SET_NULL", "string a = 2"),
    what: /ON_DELETE_SET_NULL, and cannot be absent/,
    field: "a",
  },
  {
    mistake: "SET_NULL of a required field",
    body: reference("PACKAGE.Hard", "SET_NULL", "optional string a = 2", "required: true"),
    what: /ON_DELETE_SET_NULL, and is `required`/,
    field: "a",
  },
  {
    mistake: "an enforced reference of another type",
    body: reference("PACKAGE.Hard", "RESTRICT", "optional int64 a = 2"),
    what: /whose key has another type/,
    field: "a",
  },
  {
    mistake: "an enforced reference into another store",
    body: reference("PACKAGE.Away", "RESTRICT"),
    what: /which is in another store/,
    field: "a",
  },
  {
    mistake: "an enforced reference in an embedded message",
    body: `${entity("M m = 2;")} message M { string a = 1 [(pannier.v1.field).references = { entity: "PACKAGE.E" on_delete: ON_DELETE_RESTRICT }]; }`,
    what: /embedded message, and its reference has `on_delete`/,
    field: "a",
  },
];

const EMBEDDED: readonly BadSchema[] = [
  {
    mistake: "a required field deep inside",
    head: PROTO2,
    body:
      keyed('partition: "id"', "optional string id = 1; optional M m = 2;") +
      " message M { repeated N n = 1; } message N { required string a = 1; }",
    what: /LEGACY_REQUIRED/,
    field: "a",
  },
  {
    mistake: "an index inside an embedded message",
    body: `${entity("M m = 2;")} message M { string a = 1 [(pannier.v1.field).index = true]; }`,
    what: /embedded message, where index would do nothing/,
    field: "a",
  },
  {
    mistake: "a bad decimal inside an embedded message",
    body: `${entity("map<string, M> m = 2;")} message M { string a = 1 [(pannier.v1.field).decimal = { precision: 100 }]; }`,
    what: /decimal of precision 100/,
    field: "a",
  },
];

const NAMES: readonly BadSchema[] = [
  {
    mistake: "an api_name with a generated name of another message",
    body: `message E { option (pannier.v1.entity) = { api_name: "F" key: { partition: "id" } }; string id = 1; } message FKey {}`,
    what: /repository of .*\.E would have .*FKey, which .*\.proto has already/,
  },
  {
    mistake: "an api_name that is no name",
    body: `message E { option (pannier.v1.entity) = { api_name: "x.F" key: { partition: "id" } }; string id = 1; }`,
    what: /has the api_name "x\.F", of which no names can be made/,
  },
  {
    mistake: "a message with a generated name",
    body: `${entity("")} message EKey {}`,
    what: /repository of .*\.E would have .*EKey, which .*\.proto has already/,
  },
  {
    mistake: "a service with a generated name",
    body: `${entity("")} message Q {} service ERepository { rpc Get(Q) returns (Q); }`,
    what: /would have .*ERepository, which/,
  },
  {
    mistake: "an enum value with a generated name",
    body: `${entity("")} enum F { F_UNSPECIFIED = 0; ERepositoryResult = 1; }`,
    what: /would have .*ERepositoryResult, which/,
  },
  {
    mistake: "two entities with one file",
    body: ["HTTPRoute", "HttpRoute"]
      .map(
        (name) =>
          `message ${name} { option (pannier.v1.entity) = { table: "${name}1" key: { partition: "id" } }; string id = 1; }`,
      )
      .join(" ")
      .replace("HttpRoute1", "other"),
    what: /would be .*http_route_repository.proto, which the repository of .*HTTPRoute is already/,
  },
  {
    mistake: "two fields with one predicate",
    body: `${entity("M foo_bar = 2; M FooBar = 3;")} message M {}`,
    what: /its Filter would hold FooBarPredicate twice/,
  },
  {
    mistake: "two fields of proto2 with one JSON name",
    head: PROTO2,
    body: keyed(
      'partition: "id"',
      "optional string id = 1; optional string foo_bar = 2; optional string foo__bar = 3;",
    ),
    what: /is called fooBar in JSON, as foo_bar is/,
    field: "foo__bar",
  },
  {
    mistake: "an earlier name that is another entity's table",
    body: `${entity("", 'renamed_from: "fs"')} message F { option (pannier.v1.entity) = { key: { partition: "id" } }; string id = 1; }`,
    what: /was renamed from fs, the table of .*\.F/,
  },
  {
    mistake: "two entities on one table",
    body: `${entity("")} message F { option (pannier.v1.entity) = { table: "Es" key: { partition: "id" } }; string id = 1; }`,
    what: /in the table Es of the store .*, as .*\.E is/,
  },
];

const PLACES: readonly BadSchema[] = [
  { mistake: "an entity inside a message", body: `message Out { ${entity("")} }`, what: /is declared inside .*\.Out/ },
  {
    mistake: "an unexported entity of edition 2024",
    head: E2024,
    body: entity("").replace("message", "local message"),
    what: /is not exported, so its repository's file cannot use it/,
  },
  {
    mistake: "an unexported enum of edition 2024",
    head: E2024,
    body: `${entity("S s = 2;")} local enum S { S_UNSPECIFIED = 0; }`,
    what: /has the type .*\.S, which is not exported/,
    field: "s",
  },
  {
    mistake: "a nested enum of edition 2024, which is not exported by itself",
    head: E2024,
    body: entity("enum S { S_UNSPECIFIED = 0; } S s = 2;"),
    what: /has the type .*\.E\.S, which is not exported/,
    field: "s",
  },
];

export const badSchemas: readonly BadSchema[] = [
  ...KEYS,
  ...INDEXES,
  ...FIELDS,
  ...ENCODINGS,
  ...MANAGED,
  ...TEMPLATES,
  ...REFERENCES,
  ...EMBEDDED,
  ...NAMES,
  ...PLACES,
];
