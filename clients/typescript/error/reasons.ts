/**
 * A class for each reason that a call can fail for; what each means and what to do is in ERRORS.md of the sidecar. A test holds the
 * list to the sidecar's. Reasons of a newer sidecar come as PannierError with that reason.
 */

import { PannierError } from "./pannier-error.ts";

export class MessageMalformedError extends PannierError {}
export class MessageTooLargeError extends PannierError {}
export class MessageTooComplexError extends PannierError {}
export class MessageCountError extends PannierError {}
export class ReadTimeoutError extends PannierError {}
export class MetadataInvalidError extends PannierError {}
export class MetadataTooLargeError extends PannierError {}
export class TimeoutInvalidError extends PannierError {}
export class EncodingUnsupportedError extends PannierError {}
export class MethodUnknownError extends PannierError {}
export class FieldUnknownError extends PannierError {}
export class FieldInvalidError extends PannierError {}
export class FieldRequiredError extends PannierError {}
export class KeyIncompleteError extends PannierError {}
export class EnumUnknownError extends PannierError {}
export class DecimalInvalidError extends PannierError {}
export class TimestampInvalidError extends PannierError {}
export class NumberInvalidError extends PannierError {}
export class StringInvalidError extends PannierError {}
export class ValueTooLongError extends PannierError {}
export class MaskInvalidError extends PannierError {}
export class UpdateEmptyError extends PannierError {}
export class EmptyPredicateError extends PannierError {}
export class FilterTooDeepError extends PannierError {}
export class FilterTooLargeError extends PannierError {}
export class OrderInvalidError extends PannierError {}
export class PageSizeInvalidError extends PannierError {}
export class PageTokenInvalidError extends PannierError {}
export class SkipInvalidError extends PannierError {}
export class VersionUnexpectedError extends PannierError {}
export class RequestIdInvalidError extends PannierError {}
export class RequestIdReusedError extends PannierError {}
export class RequestIdMisplacedError extends PannierError {}
export class BatchEmptyError extends PannierError {}
export class BatchItemInvalidError extends PannierError {}
export class BatchTooLargeError extends PannierError {}
export class OperationInvalidError extends PannierError {}
export class PartitionInvalidError extends PannierError {}
export class RestoreNotAllowedError extends PannierError {}
export class ValueOutOfRangeError extends PannierError {}
export class RowNotFoundError extends PannierError {}
export class EntityUnknownError extends PannierError {}
export class ServiceUnknownError extends PannierError {}
export class StoreUnknownError extends PannierError {}
export class KeyExistsError extends PannierError {}
export class UniqueViolationError extends PannierError {}
export class VersionMismatchError extends PannierError {}
export class TransactionConflictError extends PannierError {}
export class RequestInProgressError extends PannierError {}
export class ConditionFailedError extends PannierError {}
export class ForeignKeyViolationError extends PannierError {}
export class NotNullViolationError extends PannierError {}
export class CheckViolationError extends PannierError {}
export class SchemaDriftError extends PannierError {}
export class FieldImmutableError extends PannierError {}
export class ScanRequiredError extends PannierError {}
export class StoresMixedError extends PannierError {}
export class BatchItemSkippedError extends PannierError {}
export class RowTooLargeError extends PannierError {}
export class ResponseTooLargeError extends PannierError {}
export class CapabilityMissingError extends PannierError {}
export class QueueFullError extends PannierError {}
export class PoolExhaustedError extends PannierError {}
export class CallsExhaustedError extends PannierError {}
export class BytesExhaustedError extends PannierError {}
export class SlowConsumerError extends PannierError {}
export class StoreFullError extends PannierError {}
export class StoreUnavailableError extends PannierError {}
export class StoreReadOnlyError extends PannierError {}
export class StoreCorruptError extends PannierError {}
export class DrainingError extends PannierError {}
export class WriteOutcomeUnknownError extends PannierError {}
export class DeadlineExceededError extends PannierError {}
export class CancelledError extends PannierError {}
export class InternalError extends PannierError {}

/** By reason, as the sidecar names it. */
export const REASON_CLASSES: { readonly [reason: string]: typeof PannierError } = {
  MESSAGE_MALFORMED: MessageMalformedError,
  MESSAGE_TOO_LARGE: MessageTooLargeError,
  MESSAGE_TOO_COMPLEX: MessageTooComplexError,
  MESSAGE_COUNT: MessageCountError,
  READ_TIMEOUT: ReadTimeoutError,
  METADATA_INVALID: MetadataInvalidError,
  METADATA_TOO_LARGE: MetadataTooLargeError,
  TIMEOUT_INVALID: TimeoutInvalidError,
  ENCODING_UNSUPPORTED: EncodingUnsupportedError,
  METHOD_UNKNOWN: MethodUnknownError,
  FIELD_UNKNOWN: FieldUnknownError,
  FIELD_INVALID: FieldInvalidError,
  FIELD_REQUIRED: FieldRequiredError,
  KEY_INCOMPLETE: KeyIncompleteError,
  ENUM_UNKNOWN: EnumUnknownError,
  DECIMAL_INVALID: DecimalInvalidError,
  TIMESTAMP_INVALID: TimestampInvalidError,
  NUMBER_INVALID: NumberInvalidError,
  STRING_INVALID: StringInvalidError,
  VALUE_TOO_LONG: ValueTooLongError,
  MASK_INVALID: MaskInvalidError,
  UPDATE_EMPTY: UpdateEmptyError,
  EMPTY_PREDICATE: EmptyPredicateError,
  FILTER_TOO_DEEP: FilterTooDeepError,
  FILTER_TOO_LARGE: FilterTooLargeError,
  ORDER_INVALID: OrderInvalidError,
  PAGE_SIZE_INVALID: PageSizeInvalidError,
  PAGE_TOKEN_INVALID: PageTokenInvalidError,
  SKIP_INVALID: SkipInvalidError,
  VERSION_UNEXPECTED: VersionUnexpectedError,
  REQUEST_ID_INVALID: RequestIdInvalidError,
  REQUEST_ID_REUSED: RequestIdReusedError,
  REQUEST_ID_MISPLACED: RequestIdMisplacedError,
  BATCH_EMPTY: BatchEmptyError,
  BATCH_ITEM_INVALID: BatchItemInvalidError,
  BATCH_TOO_LARGE: BatchTooLargeError,
  OPERATION_INVALID: OperationInvalidError,
  PARTITION_INVALID: PartitionInvalidError,
  RESTORE_NOT_ALLOWED: RestoreNotAllowedError,
  VALUE_OUT_OF_RANGE: ValueOutOfRangeError,
  ROW_NOT_FOUND: RowNotFoundError,
  ENTITY_UNKNOWN: EntityUnknownError,
  SERVICE_UNKNOWN: ServiceUnknownError,
  STORE_UNKNOWN: StoreUnknownError,
  KEY_EXISTS: KeyExistsError,
  UNIQUE_VIOLATION: UniqueViolationError,
  VERSION_MISMATCH: VersionMismatchError,
  TRANSACTION_CONFLICT: TransactionConflictError,
  REQUEST_IN_PROGRESS: RequestInProgressError,
  CONDITION_FAILED: ConditionFailedError,
  FOREIGN_KEY_VIOLATION: ForeignKeyViolationError,
  NOT_NULL_VIOLATION: NotNullViolationError,
  CHECK_VIOLATION: CheckViolationError,
  SCHEMA_DRIFT: SchemaDriftError,
  FIELD_IMMUTABLE: FieldImmutableError,
  SCAN_REQUIRED: ScanRequiredError,
  STORES_MIXED: StoresMixedError,
  BATCH_ITEM_SKIPPED: BatchItemSkippedError,
  ROW_TOO_LARGE: RowTooLargeError,
  RESPONSE_TOO_LARGE: ResponseTooLargeError,
  CAPABILITY_MISSING: CapabilityMissingError,
  QUEUE_FULL: QueueFullError,
  POOL_EXHAUSTED: PoolExhaustedError,
  CALLS_EXHAUSTED: CallsExhaustedError,
  BYTES_EXHAUSTED: BytesExhaustedError,
  SLOW_CONSUMER: SlowConsumerError,
  STORE_FULL: StoreFullError,
  STORE_UNAVAILABLE: StoreUnavailableError,
  STORE_READ_ONLY: StoreReadOnlyError,
  STORE_CORRUPT: StoreCorruptError,
  DRAINING: DrainingError,
  WRITE_OUTCOME_UNKNOWN: WriteOutcomeUnknownError,
  DEADLINE_EXCEEDED: DeadlineExceededError,
  CANCELLED: CancelledError,
  INTERNAL: InternalError,
};
