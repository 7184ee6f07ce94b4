/** Schemas whose names TypeScript, objects, the client or tools have for themselves, and every kind of field. */

export const oddTypeScript: { readonly [name: string]: string } = {
  "nowhere.proto": `syntax = "proto3";
import "pannier/v1/annotations.proto";
message Nowhere { option (pannier.v1.entity) = { key: { partition: "id" } }; string id = 1; }
`,
  "bare/bare.proto": `edition = "2023";
package bare;
import "pannier/v1/annotations.proto";
import "other/v1/other.proto";
message Bare {
  option (pannier.v1.entity) = { key: { partition: "id" } };
  string id = 1;
  int32 plain = 2 [features.field_presence = IMPLICIT];
  other.v1.Unit unit = 3;
  repeated other.v1.Unit units = 4;
}
`,
  "health/v1/health.proto": `edition = "2023";
package health.v1;
import "pannier/v1/annotations.proto";
import "other/v1/other.proto";
message Health {
  option (pannier.v1.entity) = { key: { partition: "id" } };
  string id = 1;
  int32 plain = 2 [features.field_presence = IMPLICIT];
  other.v1.Unit unit = 3;
  repeated other.v1.Unit units = 4;
}
`,
  "odd/v1/odd.proto": `syntax = "proto3";
package odd.v1;
import "google/protobuf/timestamp.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/wrappers.proto";
import "google/protobuf/any.proto";
import "google/type/money.proto";
import "pannier/v1/annotations.proto";
import "other/v1/other.proto";
// Ends a comment */ and goes on.
//
//   indented
message Odd {
  option (pannier.v1.entity) = { key: { partition: "tenant" sort: "at" } api_name: "Strange" };
  string tenant = 1;
  google.protobuf.Timestamp at = 2;
  string constructor = 3; // What builds it.
  optional string to_string = 4;
  string __proto__ = 5;
  string class = 6;
  bytes import = 7;
  map<string, int64> by_name = 8;
  map<int64, Inner> by_number = 9;
  map<bool, google.protobuf.Timestamp> by_flag = 10;
  oneof choice { string left = 11; Inner right = 12; sint64 third = 13; }
  Kind kind = 14;
  repeated Kind kinds = 15;
  google.type.Money price = 16;
  repeated google.protobuf.Struct structs = 17;
  repeated google.protobuf.ListValue lists = 18;
  google.protobuf.Value value = 19;
  google.protobuf.StringValue wrapped = 20;
  repeated google.protobuf.Int64Value counts = 21;
  google.protobuf.Duration took = 22 [deprecated = true];
  google.protobuf.Any any_message = 23;
  .other.v1.Unit unit = 24;
  .other.v1.Other other = 25;
  Inner.Deep deep = 26;
  Timestamp own = 27;
  bool flag = 28;
  repeated bytes blobs = 29;
  repeated double doubles = 30;
  fixed32 fixed = 31 [json_name = "fixed-width"];
  google.protobuf.Timestamp gone_at = 32 [(pannier.v1.field).expires_at = true];
  string secret = 33 [(pannier.v1.field).ignore = true];
  string once = 34 [(pannier.v1.field).immutable = true];
  Wide wide = 35;
  repeated string tags = 36 [(pannier.v1.field).set = true];
  string amount = 37 [(pannier.v1.field).decimal = { precision: 10 scale: 2 }];
  repeated google.protobuf.Timestamp times = 38;
  Odd.Long_Name nested_clash = 39;
  message Long_Name { string a = 1; }
  Odd_Long_Name clash = 40;
}
message Odd_Long_Name { string b = 1; }
message OddInit { string a = 1; }
message OddWhere { OddInit init = 1; Uint8Array bytes = 2; class lower = 3; }
message Uint8Array { bytes b = 1; }
message class { OddWhere where = 1; }
message Timestamp { OddWhere w = 1; Empty e = 2; }
message Empty {}
message Inner { message Deep { Deep deeper = 1; enum State { STATE_UNSPECIFIED = 0; STATE_2D = 1; } State state = 2; } }
// How it is.
enum Kind { KIND_UNSPECIFIED = 0; KIND_A = 1; KIND_IN_TRANSIT = 2; }
enum Wide {
  WIDE_UNSPECIFIED = 0; WIDE_VALUE_NUMBER_ONE = 1; WIDE_VALUE_NUMBER_TWO = 2; WIDE_VALUE_NUMBER_THREE = 3; WIDE_VALUE_NUMBER_FOUR = 4; WIDE_VALUE_NUMBER_FIVE = 5; WIDE_VALUE_NUMBER_SIX = 6;
}
`,
  "odd/v2/next.proto": `edition = "2023";
package odd.v2;
import "pannier/v1/annotations.proto";
import "other/v1/other.proto";
message Next {
  option (pannier.v1.entity) = { key: { partition: "id" } };
  string id = 1;
  int32 plain = 2 [features.field_presence = IMPLICIT];
  other.v1.Unit unit = 3;
  repeated other.v1.Unit units = 4;
}
`,
  "old/v1/old.proto": `syntax = "proto2";
package old.v1;
import "pannier/v1/annotations.proto";
message Old {
  option (pannier.v1.entity) = { key: { partition: "id" } };
  optional string id = 1;
  optional group Part = 2 { optional string a = 1; }
  optional int64 version = 3 [(pannier.v1.field).version = true];
  optional Level level = 4 [default = HIGH];
  enum Level { LOW = 1; HIGH = 2; }
}
`,
  "other/v1/other.proto": `syntax = "proto3";
package other.v1;
import "google/protobuf/timestamp.proto";
enum Unit { UNIT_UNSPECIFIED = 0; UNIT_METRE = 1; }
message Other { Unit unit = 1; google.protobuf.Timestamp since = 2; }
`,
};
