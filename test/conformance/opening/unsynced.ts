/** Which files have bytes that the kernel holds and the disk does not: what a machine that stops now would lose. */

import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** cachestat(2), of Linux 6.5 and later: the number is the same on every architecture. Perl can make a system call, and Node cannot. */
const SCRIPT = `
for my $path (@ARGV) {
  open(my $file, '<', $path) or die "cannot open\\n";
  my ($range, $stat) = (pack("QQ", 0, 0), "\\0" x 40);
  die "cachestat: $!\\n" if syscall(451, fileno($file), $range, $stat, 0) != 0;
  my (undef, $dirty, $writeback) = unpack("Q5", $stat);
  print $dirty + $writeback, "\\n";
}`;

/** Pages of each file that are in memory alone. Rejects where this machine does not tell. */
export async function unsyncedPages(files: readonly string[]): Promise<readonly number[]> {
  if (files.length === 0) return [];
  const { stdout } = await run("perl", ["-e", SCRIPT, ...files]);
  return stdout.trim().split("\n").map(Number);
}
