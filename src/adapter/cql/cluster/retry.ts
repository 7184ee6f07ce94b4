/** What may be sent again: by the driver reads, once, to another host, where its own policy would go on without limit; by us what it has not sent. */

import type { policies, types } from "cassandra-driver";
import { isUnborrowed } from "../failure.ts";
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

/**
 * Sends again where the host that the statement was to be prepared on had no connection, so that nothing was sent: each attempt begins with another host.
 *
 * @param hosts how many there are
 */
export async function onAnyHost<Result>(hosts: number, send: () => Promise<Result>): Promise<Result> {
  for (let left = hosts; ; left -= 1)
    try {
      return await send();
    } catch (error) {
      if (left <= 1 || !isUnborrowed(error)) throw error;
    }
}
