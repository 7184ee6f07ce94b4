/** Failures that the client finds by itself, without a status of the sidecar. */

import { PannierError } from "./pannier-error.ts";

/** Refused before anything was sent; reasons are the sidecar's. */
export class InvalidRequestError extends PannierError {}
/** No connection within the deadline: the sidecar is down, or is not there. Nothing was sent. Reason: CONNECTION_UNAVAILABLE. */
export class ConnectionUnavailableError extends PannierError {}
/** The connection broke behind the request: a write may have happened. Reason: CONNECTION_LOST. */
export class ConnectionLostError extends PannierError {}
/** What came is no answer of such a call: no gRPC, no such message, too large, cut off. Reason: RESPONSE_INVALID. */
export class ResponseInvalidError extends PannierError {}
/** Asked after `close`. Reason: CLIENT_CLOSED. */
export class ClientClosedError extends PannierError {}
