// A kernel's control groups and processes in memory, as far as their files are used here: with its rules and refusals.
import assert from "node:assert/strict";
import type { KernelFiles } from "./kernel-files.ts";

/** What a system is made of. */
export interface FakeKernelOptions {
  /** Where version 2 is mounted; undefined: version 1 alone. */
  readonly mountFolder?: string | undefined;
  /** Controllers of version 2. */
  readonly controllers: readonly string[];
  /** The group of the agent, which has process 100. */
  readonly ownGroup: string;
  /** What is mounted is a container's part of the tree: its root is a group as any other. */
  readonly isContainer?: boolean;
}

interface Group {
  readonly controllers: ReadonlySet<string>;
  readonly handedOn: Set<string>;
  readonly pids: Set<number>;
  readonly values: Map<string, string>;
}

export interface FakeProcess {
  readonly parent: number;
  readonly startTick: number;
  ticks: number;
  anonymousKib: number;
}

/** The agent. */
export const OWN_PID = 100;

const FILES: Readonly<Record<string, readonly string[]>> = {
  cpu: ["cpu.max", "cpu.weight"],
  memory: ["memory.high", "memory.max", "memory.oom.group", "memory.current", "memory.stat"],
  pids: ["pids.max"],
};

class Refusal extends Error {
  readonly code: string;

  constructor(code: string, path: string) {
    super(`${code}: ${path}`);
    this.code = code;
  }
}

export class FakeKernel implements KernelFiles {
  readonly processes = new Map<number, FakeProcess>();
  /** Groups by path below the mount; "" is the root. */
  readonly groups = new Map<string, Group>();
  /** The kernel's answer to a call instead of doing it, such as "EACCES"; set by a test. */
  refuse: (call: "write" | "makeFolder" | "removeFolder", path: string) => string | undefined =
    () => undefined;
  readonly #options: FakeKernelOptions;

  constructor(options: FakeKernelOptions) {
    this.#options = options;
    const handedOn = new Set(options.controllers);
    const root = {
      ...group(handedOn),
      handedOn: options.isContainer === true ? new Set<string>() : handedOn,
    };
    if (options.isContainer !== true) root.values.delete("cgroup.type");
    this.groups.set("", root);
    const names = options.ownGroup.split("/").filter(Boolean);
    for (const count of names.keys())
      this.groups.set(`/${names.slice(0, count + 1).join("/")}`, {
        ...group(handedOn),
        // A slice hands on, the unit itself decides.
        handedOn: count + 1 < names.length ? handedOn : new Set(),
      });
    this.start(OWN_PID, 1);
  }

  /** Starts a process in the group of its parent, or of the agent. */
  start(pid: number, parent: number): FakeProcess {
    const process = { parent, startTick: pid * 10, ticks: 0, anonymousKib: 1000 };
    this.processes.set(pid, process);
    const own = this.#options.ownGroup;
    this.#put(pid, this.groupOf(parent) ?? (own === "/" ? "" : own));
    return process;
  }

  /** It is gone without a trace. */
  end(pid: number): void {
    this.processes.delete(pid);
    for (const { pids } of this.groups.values()) pids.delete(pid);
  }

  groupOf(pid: number): string | undefined {
    for (const [path, { pids }] of this.groups) if (pids.has(pid)) return path;
    return undefined;
  }

  /** What a file of a group holds. */
  value(path: string, file: string): string | undefined {
    return this.groups.get(path)?.values.get(file);
  }

  read(path: string): string {
    const { mountFolder, ownGroup } = this.#options;
    if (path === "/proc/self/cgroup")
      return mountFolder === undefined
        ? "4:memory:/elsewhere\n"
        : `4:memory:/elsewhere\n0::${this.groupOf(OWN_PID) ?? ""}${ownGroup === "/" ? "/" : ""}\n`;
    if (path === "/proc/self/mountinfo")
      return mountFolder === undefined
        ? "31 23 0:28 / /sys rw - sysfs sysfs rw\n"
        : `31 23 0:28 / /sys rw - sysfs sysfs rw\n41 31 0:38 / ${mountFolder} rw - cgroup2 cgroup2 rw\n`;
    const proc = /^\/proc\/(\d+)\/(.*)$/.exec(path);
    if (proc !== null) return this.#procFile(Number(proc[1]), proc[2] ?? "", path);
    const [at, file] = this.#place(path);
    const found = this.groups.get(at);
    if (found === undefined) throw new Refusal("ENOENT", path);
    if (file === "cgroup.controllers") return `${[...found.controllers].join(" ")}\n`;
    if (file === "cgroup.subtree_control") return `${[...found.handedOn].join(" ")}\n`;
    if (file === "cgroup.procs") return [...found.pids].map((pid) => `${pid}\n`).join("");
    const value = found.values.get(file);
    if (value === undefined) throw new Refusal("ENOENT", path);
    return value;
  }

  write(path: string, text: string): void {
    const code = this.refuse("write", path);
    if (code !== undefined) throw new Refusal(code, path);
    const [at, file] = this.#place(path);
    const found = this.groups.get(at);
    if (found === undefined) throw new Refusal("ENOENT", path);
    if (file === "cgroup.subtree_control") {
      const controller = text.slice(1);
      if (!found.controllers.has(controller)) throw new Refusal("ENOENT", path);
      if (this.#isInner(at) && found.pids.size > 0) throw new Refusal("EBUSY", path);
      found.handedOn.add(controller);
    } else if (file === "cgroup.procs") {
      const pid = Number(text);
      assert(pid > 0, "0 moves the writer");
      if (!this.processes.has(pid)) throw new Refusal("ESRCH", path);
      if (this.#isInner(at) && found.handedOn.size > 0) throw new Refusal("EBUSY", path);
      this.#put(pid, at);
    } else if (file === "cgroup.kill") for (const pid of [...found.pids]) this.end(pid);
    else if (
      Object.entries(FILES).some(
        ([each, files]) => files.includes(file) && found.controllers.has(each),
      )
    )
      found.values.set(file, text);
    else throw new Refusal("ENOENT", path);
  }

  list(folder: string): readonly string[] {
    const task = /^\/proc\/(\d+)\/task$/.exec(folder);
    if (task !== null) return this.processes.has(Number(task[1])) ? [task[1] ?? ""] : [];
    const at = folder.slice(this.#options.mountFolder?.length);
    return [...this.groups.keys()]
      .filter((path) => path.startsWith(`${at}/`) && !path.slice(at.length + 1).includes("/"))
      .map((path) => path.slice(at.length + 1));
  }

  makeFolder(path: string): void {
    const code = this.refuse("makeFolder", path);
    if (code !== undefined) throw new Refusal(code, path);
    const [parent, name] = this.#place(path);
    const above = this.groups.get(parent);
    if (above === undefined) throw new Refusal("ENOENT", path);
    if (!this.groups.has(`${parent}/${name}`))
      this.groups.set(`${parent}/${name}`, group(new Set(above.handedOn)));
  }

  removeFolder(path: string): void {
    const code = this.refuse("removeFolder", path);
    if (code !== undefined) throw new Refusal(code, path);
    const [parent, name] = this.#place(path);
    const at = `${parent}/${name}`;
    const found = this.groups.get(at);
    if (found === undefined) throw new Refusal("ENOENT", path);
    if (found.pids.size > 0 || this.list(path).length > 0) throw new Refusal("EBUSY", path);
    this.groups.delete(at);
  }

  /** Whether the rule holds there that a group has processes or hands controllers on. */
  #isInner(at: string): boolean {
    return at !== "" || this.#options.isContainer === true;
  }

  #put(pid: number, at: string): void {
    for (const { pids } of this.groups.values()) pids.delete(pid);
    this.groups.get(at)?.pids.add(pid);
  }

  /** The group, and the file or folder in it. */
  #place(path: string): readonly [group: string, name: string] {
    const { mountFolder } = this.#options;
    assert(mountFolder !== undefined && path.startsWith(`${mountFolder}/`), path);
    const below = path.slice(mountFolder.length);
    return [below.slice(0, below.lastIndexOf("/")), below.slice(below.lastIndexOf("/") + 1)];
  }

  #procFile(pid: number, file: string, path: string): string {
    const process = this.processes.get(pid);
    if (process === undefined) throw new Refusal("ENOENT", path);
    const { parent, ticks, startTick, anonymousKib } = process;
    // A name that tries to look like the fields behind it.
    if (file === "stat")
      return `${pid} (a) R 7 (b) S ${parent} 1 1 0 -1 0 0 0 0 0 ${ticks} 1 2 3 20 0 1 0 ${startTick} 0 0\n`;
    if (file === "status")
      return `Name:\tnode\nVmRSS:\t999999 kB\nRssAnon:\t   ${anonymousKib} kB\nRssFile:\t  5000 kB\nRssShmem:\t       4 kB\nVmSwap:\t       2 kB\n`;
    if (file === `task/${pid}/children`)
      return [...this.processes]
        .filter(([, each]) => each.parent === pid)
        .map(([each]) => `${each} `)
        .join("");
    throw new Refusal("ENOENT", path);
  }
}

function group(controllers: ReadonlySet<string>): Group {
  const values = new Map([
    ["cgroup.type", "domain\n"],
    ["cpu.stat", "usage_usec 0\nuser_usec 0\n"],
  ]);
  for (const controller of controllers)
    for (const file of FILES[controller] ?? []) values.set(file, "");
  if (controllers.has("memory"))
    values.set("memory.events", "low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\n");
  return { controllers, handedOn: new Set(), pids: new Set(), values };
}
