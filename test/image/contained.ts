// Runs what an image starts as an engine would: its user, its environment, a root that cannot be written to, and a limit on memory.
import { mkdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { kill, pid } from "node:process";
import { setTimeout } from "node:timers/promises";
import type { Image } from "./build.ts";

const memoryGroups = "/sys/fs/cgroup/memory";

/** A group of processes that share a limit on memory (cgroup v1). */
export interface MemoryGroup {
  readonly folder: string;
  /** MiB that it was charged with at the most, file pages included, and how often it met the limit. */
  most(): Promise<{ readonly mebibytes: number; readonly met: number }>;
  /** Ends what is left in it. */
  remove(): Promise<void>;
}

/** Undefined where this machine does not let us make one. @param mebibytes the limit */
export async function memoryGroup(mebibytes: number): Promise<MemoryGroup | undefined> {
  const folder = join(memoryGroups, `pannier-test-${pid}`);
  const read = async (name: string): Promise<number> => Number(await readFile(join(folder, name), "utf8"));
  try {
    await mkdir(folder);
    await writeFile(join(folder, "memory.limit_in_bytes"), String(mebibytes * 1_048_576));
  } catch {
    return undefined;
  }
  return {
    folder,
    most: async () => ({
      mebibytes: (await read("memory.max_usage_in_bytes")) / 1_048_576,
      met: await read("memory.failcnt"),
    }),
    remove: () => removeGroup(folder),
  };
}

/** Ends what work that failed has left in it. */
async function removeGroup(folder: string): Promise<void> {
  for (;;) {
    const left = (await readFile(join(folder, "cgroup.procs"), "utf8")).split("\n").filter(Boolean);
    if (left.length === 0) return rmdir(folder);
    for (const id of left) kill(Number(id), "SIGKILL");
    await setTimeout(50);
  }
}

export interface Containing {
  /** Of the machine; writable at the same path inside, where /tmp is otherwise empty. Its `data` stands for the volume, its `pannier.yaml` for the one that is mounted. */
  readonly directory: string;
  readonly group: MemoryGroup | undefined;
  /** A folder of the machine, at the same path inside. */
  readonly shared?: string;
}

/** The command that starts the image's entry point; arguments follow. Its environment is the image's, with what the caller adds. */
export function commandIn(image: Image, { directory, group, shared }: Containing): readonly string[] {
  const [user = "", group_ = user] = image.user.split(":");
  const enter = [
    "unshare",
    `--root=${image.root}`,
    `--wd=${image.workingDirectory}`,
    `--setgid=${group_}`,
    `--setuid=${user}`,
  ];
  const steps = [
    "set -e",
    group ? `echo $$ > ${group.folder}/cgroup.procs` : ":",
    `r=${image.root}`,
    "mount --bind $r $r",
    "mount --rbind /proc $r/proc",
    "mount --rbind /dev $r/dev",
    "mount --rbind /sys $r/sys",
    "mount -t tmpfs -o mode=1777 tmpfs $r/tmp",
    `mkdir -p ${directory}/data $r${directory}`,
    `chown -R ${image.user} ${directory}`,
    `mount --bind ${directory} $r${directory}`,
    ...(shared === undefined ? [] : [`mkdir -p $r${shared}`, `chmod 755 ${shared}`, `mount --bind -o ro ${shared} $r${shared}`]),
    `mount --bind ${directory}/data $r/data`,
    "mount -o remount,ro,bind $r",
    `[ ! -e ${directory}/pannier.yaml ] || export PANNIER_CONFIG=${directory}/pannier.yaml`,
    'exec setpriv --clear-groups --no-new-privs "$@"',
  ]; // prettier-ignore
  return ["unshare", "--mount", "sh", "-c", steps.join("\n"), "sh", ...enter, ...image.entrypoint];
}
