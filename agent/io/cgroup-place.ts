/** Where control groups of version 2 are mounted, and which of them this process is in. */
export interface CgroupPlace {
  /** Folder of the mount. */
  readonly mountFolder: string;
  /** Path of this process's group below it, "/" for the mount itself. */
  readonly groupPath: string;
}

/**
 * Finds the mount and the own group in the texts of /proc/self/mountinfo and /proc/self/cgroup; or says
 * why there are none. A system may have version 1 besides (a hybrid one): version 2 has then fewer
 * controllers, or none.
 * Source: proc_pid_mountinfo(5), cgroups(7).
 */
export function cgroupPlace(mountinfo: string, ownGroups: string): CgroupPlace | string {
  const path = /^0::(\/.*)$/m.exec(ownGroups)?.[1];
  if (path === undefined) return "the kernel has no control groups of version 2";
  for (const line of mountinfo.split("\n")) {
    const [fields = "", system = ""] = line.split(" - ");
    if (!system.startsWith("cgroup2 ")) continue;
    const [root = "/", folder = "/"] = fields.split(" ").slice(3, 5).map(unescaped);
    // Only a part of the tree is mounted here: see cgroup_namespaces(7).
    const isWhole = root === "/";
    if (!isWhole && path !== root && !path.startsWith(`${root}/`)) continue;
    const groupPath = isWhole ? path : path.slice(root.length) || "/";
    if (!groupPath.startsWith("/..")) return { mountFolder: folder, groupPath };
  }
  return "no control groups of version 2 are mounted that hold this process";
}

/** Spaces and the like stand as octal numbers there. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}
