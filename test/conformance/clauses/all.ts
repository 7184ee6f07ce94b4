/** Every clause with its fault, in the order they run: row states, managed fields, guards, masks, values, orders, filters, reads, expiry, unique, batches, request_id, contract. */

import type { Clause, PlantedFault } from "../clause.ts";
import * as createOverLive from "./create-over-live.ts";
import * as createOverDeleted from "./create-over-deleted.ts";
import * as createOverExpired from "./create-over-expired.ts";
import * as putInserts from "./put-inserts.ts";
import * as putOverLive from "./put-over-live.ts";
import * as putOverDeleted from "./put-over-deleted.ts";
import * as putGuardedAbsent from "./put-guarded-absent.ts";
import * as putGuardedLive from "./put-guarded-live.ts";
import * as updateMissing from "./update-missing.ts";
import * as updateInserts from "./update-inserts.ts";
import * as updateOverDeleted from "./update-over-deleted.ts";
import * as deleteMissing from "./delete-missing.ts";
import * as deleteMarks from "./delete-marks.ts";
import * as deletePermanent from "./delete-permanent.ts";
import * as deleteRemoves from "./delete-removes.ts";
import * as deleteGuarded from "./delete-guarded.ts";
import * as undeleteMissing from "./undelete-missing.ts";
import * as undeleteRestores from "./undelete-restores.ts";
import * as undeleteLive from "./undelete-live.ts";
import * as undeleteUnique from "./undelete-unique.ts";
import * as versionCounts from "./version-counts.ts";
import * as versionNeverBack from "./version-never-back.ts";
import * as versionOfLease from "./version-of-lease.ts";
import * as createdAtKept from "./created-at-kept.ts";
import * as updatedAtFollows from "./updated-at-follows.ts";
import * as immutable from "./immutable.ts";
import * as immutableKept from "./immutable-kept.ts";
import * as required from "./required.ts";
import * as generateOnInsert from "./generate-on-insert.ts";
import * as generatedKeys from "./generated-keys.ts";
import * as restore from "./restore.ts";
import * as expectedVersion from "./expected-version.ts";
import * as condition from "./condition.ts";
import * as versionBeforeCondition from "./version-before-condition.ts";
import * as raceConditional from "./race-conditional.ts";
import * as raceCreate from "./race-create.ts";
import * as raceIncrements from "./race-increments.ts";
import * as incrementKinds from "./increment-kinds.ts";
import * as incrementExact from "./increment-exact.ts";
import * as incrementRange from "./increment-range.ts";
import * as append from "./append.ts";
import * as mapKeysEscaped from "./map-keys-escaped.ts";
import * as remove from "./remove.ts";
import * as maskClears from "./mask-clears.ts";
import * as maskReplacesWhole from "./mask-replaces-whole.ts";
import * as maskOneof from "./mask-oneof.ts";
import * as maskStar from "./mask-star.ts";
import * as maskImplicit from "./mask-implicit.ts";
import * as readMask from "./read-mask.ts";
import * as valuesEverything from "./values-everything.ts";
import * as editions from "./editions.ts";
import * as valuesIntegers from "./values-integers.ts";
import * as valuesDoubles from "./values-doubles.ts";
import * as valuesText from "./values-text.ts";
import * as valuesTextKeys from "./values-text-keys.ts";
import * as keysEscaped from "./keys-escaped.ts";
import * as tablesApart from "./tables-apart.ts";
import * as valuesBytes from "./values-bytes.ts";
import * as valuesTimestamps from "./values-timestamps.ts";
import * as valuesDurations from "./values-durations.ts";
import * as valuesDecimals from "./values-decimals.ts";
import * as valuesMapKeys from "./values-map-keys.ts";
import * as valuesStruct from "./values-struct.ts";
import * as presence from "./presence.ts";
import * as plainZero from "./plain-zero.ts";
import * as sets from "./sets.ts";
import * as managedPrecision from "./managed-precision.ts";
import * as orderKeyText from "./order-key-text.ts";
import * as orderIndexText from "./order-index-text.ts";
import * as orderAbsent from "./order-absent.ts";
import * as orderDecimals from "./order-decimals.ts";
import * as orderHugeDecimals from "./order-huge-decimals.ts";
import * as orderPartition from "./order-partition.ts";
import * as orderCompositeKey from "./order-composite-key.ts";
import * as keyKinds from "./key-kinds.ts";
import * as orderTies from "./order-ties.ts";
import * as orderTiesIndex from "./order-ties-index.ts";
import * as oneOfMerged from "./one-of-merged.ts";
import * as oneOfPages from "./one-of-pages.ts";
import * as orderDefault from "./order-default.ts";
import * as filterComparisons from "./filter-comparisons.ts";
import * as filterEnums from "./filter-enums.ts";
import * as filterGroups from "./filter-groups.ts";
import * as filterNull from "./filter-null.ts";
import * as filterOneOf from "./filter-one-of.ts";
import * as filterText from "./filter-text.ts";
import * as filterCollections from "./filter-collections.ts";
import * as filterWidest from "./filter-widest.ts";
import * as filterMoments from "./filter-moments.ts";
import * as filterResidual from "./filter-residual.ts";
import * as scanRequiredOrder from "./scan-required-order.ts";
import * as scanRequiredFilter from "./scan-required-filter.ts";
import * as scanRequiredNamesIndex from "./scan-required-names-index.ts";
import * as servedByIndex from "./served-by-index.ts";
import * as servedByKey from "./served-by-key.ts";
import * as allowScanSorts from "./allow-scan-sorts.ts";
import * as pagesWalk from "./pages-walk.ts";
import * as pagesAll from "./pages-all.ts";
import * as pagesInsert from "./pages-insert.ts";
import * as pagesDelete from "./pages-delete.ts";
import * as pageTokens from "./page-tokens.ts";
import * as skip from "./skip.ts";
import * as totals from "./totals.ts";
import * as countExists from "./count-exists.ts";
import * as largeAnswers from "./large-answers.ts";
import * as rowGrowth from "./row-growth.ts";
import * as rowUnanswerable from "./row-unanswerable.ts";
import * as scanFrames from "./scan-frames.ts";
import * as scanSegments from "./scan-segments.ts";
import * as scanUnfiltered from "./scan-unfiltered.ts";
import * as deletedHidden from "./deleted-hidden.ts";
import * as expiredHidden from "./expired-hidden.ts";
import * as expiresInPast from "./expires-in-past.ts";
import * as expiredNeighbours from "./expired-neighbours.ts";
import * as putOverExpired from "./put-over-expired.ts";
import * as uniqueViolation from "./unique-violation.ts";
import * as uniqueFreed from "./unique-freed.ts";
import * as uniqueFreedByExpiry from "./unique-freed-by-expiry.ts";
import * as uniqueExpiredRemoved from "./unique-expired-removed.ts";
import * as uniqueAbsent from "./unique-absent.ts";
import * as uniquePut from "./unique-put.ts";
import * as batchGet from "./batch-get.ts";
import * as batchAlone from "./batch-alone.ts";
import * as batchSameKey from "./batch-same-key.ts";
import * as batchAtomic from "./batch-atomic.ts";
import * as partitionBatch from "./partition-batch.ts";
import * as batchAtomicUnique from "./batch-atomic-unique.ts";
import * as batchTooWide from "./batch-too-wide.ts";
import * as executeAtomic from "./execute-atomic.ts";
import * as collectionOrder from "./collection-order.ts";
import * as collectionRange from "./collection-range.ts";
import * as collectionIndex from "./collection-index.ts";
import * as collectionHidden from "./collection-hidden.ts";
import * as executeReads from "./execute-reads.ts";
import * as partitionExecute from "./partition-execute.ts";
import * as consistentRead from "./consistent-read.ts";
import * as executeGetMiss from "./execute-get-miss.ts";
import * as executeCount from "./execute-count.ts";
import * as requestRepeat from "./request-repeat.ts";
import * as partitionRequest from "./partition-request.ts";
import * as requestReused from "./request-reused.ts";
import * as requestFailed from "./request-failed.ts";
import * as requestFailedUnique from "./request-failed-unique.ts";
import * as raceExecute from "./race-execute.ts";
import * as raceRequest from "./race-request.ts";
import * as requestForgotten from "./request-forgotten.ts";
import * as requestBatch from "./request-batch.ts";
import * as requestExecute from "./request-execute.ts";
import * as capabilityRefused from "./capability-refused.ts";
import * as adapterDense from "./adapter-dense.ts";
import * as adapterAborted from "./adapter-aborted.ts";
import * as abortedWriteWaits from "./aborted-write-waits.ts";
import * as adapterClassify from "./adapter-classify.ts";
import * as adapterPlanPure from "./adapter-plan-pure.ts";
import * as adapterCursorCopied from "./adapter-cursor-copied.ts";
import * as oneOfResume from "./one-of-resume.ts";
import * as windowBytes from "./window-bytes.ts";
import * as windowExamined from "./window-examined.ts";
import * as adapterProjection from "./adapter-projection.ts";
import * as adapterReadBudget from "./adapter-read-budget.ts";
import * as adapterTrim from "./adapter-trim.ts";
import * as adapterModify from "./adapter-modify.ts";
import * as adapterWriteThrows from "./adapter-write-throws.ts";
import * as images from "./images.ts";
import * as derivedRows from "./derived-rows.ts";
import * as adapterAtomicSkips from "./adapter-atomic-skips.ts";

interface Pair {
  readonly clause: Clause;
  readonly fault: PlantedFault;
}

const pairs: readonly Pair[] = [
  createOverLive,
  createOverDeleted,
  createOverExpired,
  putInserts,
  putOverLive,
  putOverDeleted,
  putGuardedAbsent,
  putGuardedLive,
  updateMissing,
  updateInserts,
  updateOverDeleted,
  deleteMissing,
  deleteMarks,
  deletePermanent,
  deleteRemoves,
  deleteGuarded,
  undeleteMissing,
  undeleteRestores,
  undeleteLive,
  undeleteUnique,
  versionCounts,
  versionNeverBack,
  versionOfLease,
  createdAtKept,
  updatedAtFollows,
  immutable,
  immutableKept,
  required,
  generateOnInsert,
  generatedKeys,
  restore,
  expectedVersion,
  condition,
  versionBeforeCondition,
  raceConditional,
  raceCreate,
  raceIncrements,
  incrementKinds,
  incrementExact,
  incrementRange,
  append,
  mapKeysEscaped,
  remove,
  maskClears,
  maskReplacesWhole,
  maskOneof,
  maskStar,
  maskImplicit,
  readMask,
  valuesEverything,
  editions,
  valuesIntegers,
  valuesDoubles,
  valuesText,
  valuesTextKeys,
  keysEscaped,
  tablesApart,
  valuesBytes,
  valuesTimestamps,
  valuesDurations,
  valuesDecimals,
  valuesMapKeys,
  valuesStruct,
  presence,
  plainZero,
  sets,
  managedPrecision,
  orderKeyText,
  orderIndexText,
  orderAbsent,
  orderDecimals,
  orderHugeDecimals,
  orderPartition,
  orderCompositeKey,
  keyKinds,
  orderTies,
  orderTiesIndex,
  oneOfMerged,
  oneOfPages,
  orderDefault,
  filterComparisons,
  filterEnums,
  filterGroups,
  filterNull,
  filterOneOf,
  filterText,
  filterCollections,
  filterWidest,
  filterMoments,
  filterResidual,
  scanRequiredOrder,
  scanRequiredFilter,
  scanRequiredNamesIndex,
  servedByIndex,
  servedByKey,
  allowScanSorts,
  pagesWalk,
  pagesAll,
  pagesInsert,
  pagesDelete,
  pageTokens,
  skip,
  totals,
  countExists,
  largeAnswers,
  rowGrowth,
  rowUnanswerable,
  scanFrames,
  scanSegments,
  scanUnfiltered,
  deletedHidden,
  expiredHidden,
  expiresInPast,
  expiredNeighbours,
  putOverExpired,
  uniqueViolation,
  uniqueFreed,
  uniqueFreedByExpiry,
  uniqueExpiredRemoved,
  uniqueAbsent,
  uniquePut,
  batchGet,
  batchAlone,
  batchSameKey,
  batchAtomic,
  partitionBatch,
  batchAtomicUnique,
  batchTooWide,
  collectionOrder,
  collectionRange,
  collectionIndex,
  collectionHidden,
  executeAtomic,
  executeReads,
  partitionExecute,
  consistentRead,
  executeGetMiss,
  executeCount,
  requestRepeat,
  partitionRequest,
  requestReused,
  requestFailed,
  requestFailedUnique,
  raceRequest,
  raceExecute,
  requestForgotten,
  requestBatch,
  requestExecute,
  capabilityRefused,
  adapterDense,
  adapterAborted,
  abortedWriteWaits,
  adapterClassify,
  adapterPlanPure,
  adapterCursorCopied,
  oneOfResume,
  windowBytes,
  windowExamined,
  adapterProjection,
  adapterReadBudget,
  adapterTrim,
  adapterModify,
  adapterAtomicSkips,
  adapterWriteThrows,
  images,
  derivedRows,
];

export const clauses: readonly Clause[] = pairs.map(({ clause }) => clause);

/** faults[i] proves that clauses[i] can fail. */
export const faults: readonly PlantedFault[] = pairs.map(({ fault }) => fault);
