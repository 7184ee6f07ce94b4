/** What the watchdog's thread is given when it is started. */

export interface WatchdogData {
  /** Counts up while the loop runs. */
  readonly beats: SharedArrayBuffer;
  /** Milliseconds between two looks. */
  readonly interval: number;
  /** Looks in a row that may find nothing new. */
  readonly patience: number;
  readonly status: number;
}
