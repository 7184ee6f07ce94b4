/** What `pannier/client` exports: what callers and generated modules use. */

export { append, increment, remove } from "./api/changes.ts";
export type { Append, Increment, ListChange, MapChange, NumberChange, Remove } from "./api/changes.ts";
export type {
  BigintCondition,
  BooleanCondition,
  BytesCondition,
  DecimalCondition,
  DurationCondition,
  EmptinessCondition,
  EnumCondition,
  ListCondition,
  NumberCondition,
  PresenceCondition,
  StringCondition,
  TimestampCondition,
} from "./api/conditions.ts";
export type {
  CollectionItem,
  CollectionMembers,
  CollectionPage,
  CollectionQuery,
  MemberField,
  PartitionOf,
  SortKeyWhere,
} from "./api/collection.ts";
export type { ConnectOptions, InterceptedCall, Interceptor, TlsOptions } from "./api/connect-options.ts";
export type { Connected, Database, Health, HealthOptions } from "./api/database.ts";
export type { EntityClient, EntityTypes, FieldOf, Selected, SoftDeleteClient } from "./api/entity-client.ts";
export type {
  BatchWriteOptions,
  Isolation,
  Operation,
  ResultsOf,
  TransactionOptions,
  WriteOperation,
} from "./api/operation.ts";
export type { CallOptions, Consistency, GuardOptions, ReadOptions, WriteOptions } from "./api/options.ts";
export type { Frame, ItemResult, Page, Scan, ScanProgress, Written } from "./api/page.ts";
export type { CountQuery, ExistsQuery, Filter, FirstQuery, ListQuery, OrderBy, ScanQuery } from "./api/query.ts";
export type { Specification } from "./api/specification.ts";
export { connect } from "./connect.ts";
export type { TablesOf } from "./connect.ts";
export {
  ClientClosedError,
  ConnectionLostError,
  ConnectionUnavailableError,
  InvalidRequestError,
  ResponseInvalidError,
} from "./error/client-errors.ts";
export { PannierError } from "./error/pannier-error.ts";
export type { Code, FieldViolation } from "./error/pannier-error.ts";
export {
  MessageMalformedError,
  MessageTooLargeError,
  MessageTooComplexError,
  MessageCountError,
  ReadTimeoutError,
  MetadataInvalidError,
  MetadataTooLargeError,
  TimeoutInvalidError,
  EncodingUnsupportedError,
  MethodUnknownError,
  FieldUnknownError,
  FieldInvalidError,
  FieldRequiredError,
  KeyIncompleteError,
  EnumUnknownError,
  DecimalInvalidError,
  TimestampInvalidError,
  NumberInvalidError,
  StringInvalidError,
  ValueTooLongError,
  MaskInvalidError,
  UpdateEmptyError,
  EmptyPredicateError,
  FilterTooDeepError,
  FilterTooLargeError,
  OrderInvalidError,
  PageSizeInvalidError,
  PageTokenInvalidError,
  SkipInvalidError,
  VersionUnexpectedError,
  RequestIdInvalidError,
  RequestIdReusedError,
  RequestIdMisplacedError,
  BatchEmptyError,
  BatchItemInvalidError,
  BatchTooLargeError,
  OperationInvalidError,
  PartitionInvalidError,
  RestoreNotAllowedError,
  ValueOutOfRangeError,
  RowNotFoundError,
  EntityUnknownError,
  ServiceUnknownError,
  StoreUnknownError,
  KeyExistsError,
  UniqueViolationError,
  VersionMismatchError,
  TransactionConflictError,
  RequestInProgressError,
  ConditionFailedError,
  ForeignKeyViolationError,
  NotNullViolationError,
  CheckViolationError,
  SchemaDriftError,
  FieldImmutableError,
  ScanRequiredError,
  StoresMixedError,
  BatchItemSkippedError,
  RowTooLargeError,
  ResponseTooLargeError,
  CapabilityMissingError,
  QueueFullError,
  PoolExhaustedError,
  CallsExhaustedError,
  BytesExhaustedError,
  SlowConsumerError,
  StoreFullError,
  StoreUnavailableError,
  StoreReadOnlyError,
  StoreCorruptError,
  DrainingError,
  WriteOutcomeUnknownError,
  DeadlineExceededError,
  CancelledError,
  InternalError,
} from "./error/reasons.ts";
export { changesFromJson, fromJson, initFromJson } from "./json/from-json.ts";
export { toJson } from "./json/to-json.ts";
export type { EntityTable, EnumTable, FieldTable, MessageTable, PackageTable } from "./schema/tables.ts";
export { within } from "./specification/sort-key.ts";
export { specification } from "./specification/specification.ts";
export { between, lastDays, lastHours, thisMonth, thisWeek, today, windows } from "./specification/time-window.ts";
export type { TimeWindow } from "./specification/time-window.ts";
export { Duration } from "./value/duration.ts";
export type { JsonObject, JsonValue } from "./value/json.ts";
export { Timestamp } from "./value/timestamp.ts";
export type { TimestampInput } from "./value/timestamp.ts";
export { ValueError } from "./value/value-error.ts";
