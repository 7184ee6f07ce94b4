/** A value that its type does not have; found before anything is sent. */
export class ValueError extends Error {
  /** Of the sidecar's list. */
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.name = "ValueError";
    this.reason = reason;
  }
}
