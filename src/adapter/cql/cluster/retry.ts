/** What the driver may send again by itself: reads, once, to another host. Its own policy would go on without limit. */

import type { policies, types } from "cassandra-driver";
import type { CqlDriver } from "./driver.ts";

type Decision = policies.retry.DecisionInfo;
type OperationInfo = policies.retry.OperationInfo;

/** What the driver takes for the level that was asked; its types lack it. */
const SAME_LEVEL = undefined as unknown as types.consistencies;

export function retryPolicy({ policies: { retry } }: CqlDriver): policies.retry.RetryPolicy {
  const isAgain = ({ executionOptions, nbRetry }: OperationInfo): boolean =>
    nbRetry === 0 && executionOptions.isIdempotent() === true;
  return new (class extends retry.RetryPolicy {
    /** Too few replicas are alive, as this host sees it. */
    override onUnavailable(operation: OperationInfo): Decision {
      return isAgain(operation) ? this.retryResult(SAME_LEVEL, false) : this.rethrowResult();
    }

    /** Enough replicas answered, and the one with the data did not: the next try asks another. */
    override onReadTimeout(
      operation: OperationInfo,
      _consistency: number,
      received: number,
      blockFor: number,
      isDataPresent: boolean,
    ): Decision {
      return isAgain(operation) && received >= blockFor && !isDataPresent
        ? this.retryResult(SAME_LEVEL)
        : this.rethrowResult();
    }

    override onWriteTimeout(): Decision {
      return this.rethrowResult();
    }

    /** The link broke, or the host is overloaded. */
    override onRequestError(operation: OperationInfo): Decision {
      return isAgain(operation) ? this.retryResult(SAME_LEVEL, false) : this.rethrowResult();
    }
  })();
}
