import { type CgroupPlace, cgroupPlace } from "./cgroup-place.ts";
import { type KernelFiles, readIfThere, refusalOf, unlessRefused } from "./kernel-files.ts";
import { family } from "./proc-usage.ts";

/** A kind of resource that the kernel can hold by groups. */
export type Controller = "cpu" | "memory" | "pids";
const CONTROLLERS: readonly Controller[] = ["cpu", "memory", "pids"];

/** The group of the agent itself, and of what it starts before that gets a group of its own. */
const AGENT_GROUP = "agent";
/** Where groups of actors are made when the agent was not given a part of the tree. */
const OWN_TREE = "hedgerow";

/** Where the groups of actors are made, and what the kernel can hold there. */
export interface CgroupTree {
  readonly folder: string;
  readonly controllers: ReadonlySet<Controller>;
  /** What it cannot hold, and why in words. */
  readonly missing: readonly { readonly controller: "cpu" | "memory"; readonly why: string }[];
}

/** Where to look, and who asks. */
export interface CgroupSystem {
  readonly files: KernelFiles;
  /** Normally /proc. */
  readonly procFolder: string;
  /** Process id of the agent. */
  readonly ownPid: number;
}

/**
 * Takes over a part of the tree of control groups; or says why there is none to be had.
 *
 * The group that systemd delegates to the agent's unit, when nobody else is in it: the agent moves itself
 * and what it has started into a leaf, since a group either has processes or hands controllers on. Else, and
 * for an agent in the root of the tree, a group "hedgerow" below the root, which only root may make.
 * Source: kernel.org admin-guide/cgroup-v2, "No Internal Process Constraint" and "Delegation";
 * systemd.io/CGROUP_DELEGATION.
 */
export function openCgroupTree(system: CgroupSystem): CgroupTree | string {
  const { files, procFolder } = system;
  const ownGroups = readIfThere(files, `${procFolder}/self/cgroup`) ?? "";
  const mounts = readIfThere(files, `${procFolder}/self/mountinfo`) ?? "";
  const place = cgroupPlace(mounts, ownGroups);
  if (typeof place === "string") return place;
  try {
    const delegated = delegatedFolder(system, place);
    const { mountFolder } = place;
    const folder = delegated ?? `${mountFolder}/${OWN_TREE}`;
    if (delegated === undefined) {
      files.makeFolder(folder);
      handOn(files, mountFolder);
    }
    removeDead(system, folder);
    const controllers = handOn(files, folder);
    const missing = (["cpu", "memory"] as const)
      .filter((controller) => !controllers.has(controller))
      .map((controller) => ({ controller, why: missingWarning(files, folder, controller) }));
    return { folder, controllers, missing };
  } catch (error) {
    return `the agent may not make control groups (${refusalOf(error)}): its unit needs Delegate=yes`;
  }
}

/** The group of this agent with nobody's but its own processes, which it has moved into a leaf. */
function delegatedFolder(
  { files, procFolder, ownPid }: CgroupSystem,
  { mountFolder, groupPath }: CgroupPlace,
): string | undefined {
  const folder = groupPath === "/" ? mountFolder : `${mountFolder}${groupPath}`;
  // The root of the tree has no type; that of a container has, and is a group as any other.
  if (readIfThere(files, `${folder}/cgroup.type`) === undefined) return undefined;
  // systemd has put it there (DelegateSubgroup=agent), or the agent itself.
  if (groupPath.endsWith(`/${AGENT_GROUP}`)) return folder.slice(0, -AGENT_GROUP.length - 1);
  const own = new Set(family(files, procFolder, ownPid));
  const pids = files.read(`${folder}/cgroup.procs`).split("\n").filter(Boolean).map(Number);
  if (!pids.every((pid) => own.has(pid))) return undefined;
  const leaf = `${folder}/${AGENT_GROUP}`;
  files.makeFolder(leaf);
  // A process may end just now.
  for (const pid of pids) unlessRefused(() => files.write(`${leaf}/cgroup.procs`, String(pid)));
  return folder;
}

/** Lets the groups below `folder` use what it has; what the kernel refuses is left out. */
function handOn(files: KernelFiles, folder: string): Set<Controller> {
  const available = wordsOf(readIfThere(files, `${folder}/cgroup.controllers`));
  for (const each of CONTROLLERS)
    if (available.has(each))
      unlessRefused(() => files.write(`${folder}/cgroup.subtree_control`, `+${each}`));
  const handedOn = wordsOf(readIfThere(files, `${folder}/cgroup.subtree_control`));
  return new Set(CONTROLLERS.filter((each) => handedOn.has(each)));
}

function missingWarning(files: KernelFiles, folder: string, controller: Controller): string {
  const isThere = wordsOf(readIfThere(files, `${folder}/cgroup.controllers`)).has(controller);
  const why = isThere
    ? "the kernel does not hand it on below the agent's group"
    : "the kernel lacks it, or has it in version 1, or the agent's unit lacks Delegate=yes";
  return `${controller} limits are watched and not held: no ${controller} controller (${why})`;
}

/** Groups that an earlier agent has left, whose actors have ended; those in use cannot be removed. */
function removeDead({ files, procFolder }: CgroupSystem, folder: string): void {
  for (const name of files.list(folder)) {
    const pid = /^actor-.*-(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && readIfThere(files, `${procFolder}/${pid}/stat`) === undefined)
      unlessRefused(() => files.removeFolder(`${folder}/${name}`));
  }
}

function wordsOf(text = ""): ReadonlySet<string> {
  return new Set(text.split(/\s/));
}
