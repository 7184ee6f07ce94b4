/** What callers of the service are told of a failure: a status, the reason, the field. */

import { Catch, type ArgumentsHost, type ExceptionFilter } from "@nestjs/common";
import { PannierError, type Code } from "pannier/client";

interface Reply {
  status(code: number): Reply;
  setHeader(name: string, value: number): void;
  json(body: object): void;
}

@Catch(PannierError)
export class PannierErrorFilter implements ExceptionFilter<PannierError> {
  catch(error: PannierError, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<Reply>();
    const { reason, field, message, retryAfter = 0 } = error;
    if (error.isRetryable) reply.setHeader("retry-after", Math.ceil(retryAfter / 1000));
    reply.status(statuses[error.code] ?? 500).json({ reason, field, message });
  }
}

const statuses: { readonly [code in Code]?: number } = {
  INVALID_ARGUMENT: 400,
  OUT_OF_RANGE: 400,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  ABORTED: 409,
  FAILED_PRECONDITION: 409,
  RESOURCE_EXHAUSTED: 429,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
};
