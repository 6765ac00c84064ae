// Goal: programs are held by control groups wherever the kernel lets us, controller by controller; where it does
//       not, that is said once, nothing is disturbed, and their use is read from /proc.
// Method: a kernel in memory with the layouts of systemd, plain root, hybrid and version 1 systems, and its refusals;
//         then the kernel of this machine, as far as it goes.
// Seed: none.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Enforcement, ProcessLimits } from "../core/resources.ts";
import { cgroupPlace } from "./cgroup-place.ts";
import { type CgroupTree, openCgroupTree } from "./cgroup-tree.ts";
import { FakeKernel, type FakeKernelOptions, OWN_PID } from "./fake-kernel.fixture.ts";
import { kernelFiles, readIfThere, unlessRefused } from "./kernel-files.ts";
import { ownFileBytes } from "./own-files.ts";
import { familyUsage } from "./proc-usage.ts";
import { SystemResources } from "./system-resources.ts";
import { inFolder } from "./temporary-folder.contract.ts";

const ALL = ["cpu", "memory", "pids"];
const UNIT = "/system.slice/hedgerow.service";
const SYSTEMD: FakeKernelOptions = {
  mountFolder: "/sys/fs/cgroup",
  controllers: ALL,
  ownGroup: UNIT,
};
const MIB = 1024 ** 2;
const BOTH: ProcessLimits = {
  cpu: { percent: 25, isHard: true, intervalMs: null },
  memory: { bytes: 100 * MIB },
};
const ACTOR = 101;

/** A system whose agent has started process 101. */
class Machine {
  readonly kernel: FakeKernel;
  readonly resources: SystemResources;

  constructor(options: FakeKernelOptions) {
    this.kernel = new FakeKernel(options);
    this.kernel.start(ACTOR, OWN_PID);
    this.resources = this.agent();
  }

  /** One more incarnation of the agent. */
  agent(): SystemResources {
    const system = { files: this.kernel, procFolder: "/proc", ownPid: OWN_PID };
    return new SystemResources({ ...system, dataFolder: "unused" });
  }

  enforce(limits: ProcessLimits = BOTH, resources = this.resources): Promise<Enforcement> {
    return resources.enforce({ pid: ACTOR, name: "b/meter" }, limits);
  }

  get actorGroup(): string {
    return this.kernel.groupOf(ACTOR) ?? "none";
  }

  values(...files: readonly string[]): (string | undefined)[] {
    return files.map((file) => this.kernel.value(this.actorGroup, file));
  }
}

describe("system resources", () => {
  describe("where version 2 has the controllers", () => {
    it("a delegated unit: the agent moves into a leaf, the actor into a group with its limits", async () => {
      const machine = new Machine(SYSTEMD);
      const enforcement = await machine.enforce();
      assert.deepEqual([...enforcement.heldByKernel], ["cpu", "memory"]);
      assert.deepEqual(enforcement.warnings, []);
      assert.equal(machine.kernel.groupOf(OWN_PID), `${UNIT}/agent`);
      assert.equal(machine.actorGroup, `${UNIT}/actor-b.meter-${ACTOR}`);
      assert.deepEqual(
        machine.values("cpu.max", "memory.high", "memory.max", "memory.oom.group", "pids.max"),
        ["25000 100000", String(90 * MIB), String(100 * MIB), "1", "512"],
      );
      assert.deepEqual(machine.values("cpu.weight"), [""]);
    });

    it("an agent that systemd or it itself has put into the leaf finds the same place, and takes its actors over", async () => {
      const machine = new Machine({ ...SYSTEMD, ownGroup: `${UNIT}/agent` });
      await machine.enforce();
      const { actorGroup } = machine;
      assert.equal(actorGroup, `${UNIT}/actor-b.meter-${ACTOR}`);
      const again = await machine.enforce(BOTH, machine.agent());
      assert.equal(machine.actorGroup, actorGroup);
      assert.deepEqual([...again.heldByKernel], ["cpu", "memory"]);
    });

    it("root without systemd: a group of our own below the root", async () => {
      const machine = new Machine({ ...SYSTEMD, ownGroup: "/" });
      const enforcement = await machine.enforce();
      assert.equal(enforcement.heldByKernel.size, 2);
      assert.equal(machine.actorGroup, `/hedgerow/actor-b.meter-${ACTOR}`);
      assert.equal(machine.kernel.groupOf(OWN_PID), "");
    });

    it("a container: its root is a group as any other, which the agent leaves for a leaf", async () => {
      const machine = new Machine({ ...SYSTEMD, ownGroup: "/", isContainer: true });
      const enforcement = await machine.enforce();
      assert.equal(enforcement.heldByKernel.size, 2);
      assert.equal(machine.kernel.groupOf(OWN_PID), "/agent");
      assert.equal(machine.actorGroup, `/actor-b.meter-${ACTOR}`);
    });

    it("strangers in the agent's group are not moved about: another place is found, or none", async () => {
      const scope = { ...SYSTEMD, ownGroup: "/user.slice/session-1.scope" };
      for (const isRoot of [true, false]) {
        const machine = new Machine(scope);
        machine.kernel.start(55, 1);
        if (!isRoot)
          machine.kernel.refuse = (call) => (call === "makeFolder" ? "EACCES" : undefined);
        const enforcement = await machine.enforce();
        assert.equal(machine.kernel.groupOf(55), scope.ownGroup);
        assert.equal(enforcement.heldByKernel.size, isRoot ? 2 : 0);
        assert.match(enforcement.warnings.join(), isRoot ? /^$/ : /EACCES.*Delegate=yes/);
      }
    });

    it("a soft share is a weight", async () => {
      const machine = new Machine(SYSTEMD);
      await machine.enforce({ cpu: { percent: 150, isHard: false, intervalMs: null } });
      assert.deepEqual(machine.values("cpu.weight", "cpu.max", "memory.max"), ["150", "", ""]);
    });

    it("measures by the group: without files that can be read again", async () => {
      const machine = new Machine(SYSTEMD);
      const enforcement = await machine.enforce();
      const { values } = machine.kernel.groups.get(machine.actorGroup) ?? assert.fail();
      values.set("cpu.stat", "usage_usec 1234567\nuser_usec 1\n");
      values.set("memory.current", "9000\n");
      values.set("memory.stat", "anon 1\ninactive_file 3000\nactive_file 1000\n");
      assert.deepEqual(await enforcement.usage(), { cpuMs: 1234.567, memoryBytes: 5000 });
    });

    it("tells when the kernel has ended the program for its memory: a hard stop", async () => {
      const machine = new Machine(SYSTEMD);
      const enforcement = await machine.enforce();
      assert.equal(enforcement.endedByKernel(), undefined);
      const { values } = machine.kernel.groups.get(machine.actorGroup) ?? assert.fail();
      values.set("memory.events", "low 0\nhigh 7\nmax 3\noom 1\noom_kill 1\noom_group_kill 1\n");
      machine.kernel.end(ACTOR);
      assert.equal(await enforcement.usage(), undefined);
      assert.equal(enforcement.endedByKernel(), "memory");
    });

    it("disposal ends what the program has left, removes the group, waits while it is busy, and may be repeated", async () => {
      const machine = new Machine(SYSTEMD);
      const { kernel } = machine;
      const enforcement = await machine.enforce();
      const { actorGroup } = machine;
      kernel.start(200, ACTOR);
      assert.equal(kernel.groupOf(200), actorGroup);
      kernel.end(ACTOR);
      let busyCount = 2;
      kernel.refuse = (call) => {
        if (call !== "removeFolder" || busyCount === 0) return undefined;
        busyCount -= 1;
        return "EBUSY";
      };
      await enforcement[Symbol.asyncDispose]();
      await enforcement[Symbol.asyncDispose]();
      assert.equal(busyCount, 0);
      assert.equal(kernel.processes.has(200), false);
      assert.equal(kernel.groups.has(actorGroup), false);
    });

    it("an agent removes the groups of actors that have died without it, and no others", async () => {
      const machine = new Machine(SYSTEMD);
      const { kernel } = machine;
      await machine.enforce();
      kernel.start(300, OWN_PID);
      await machine.resources.enforce({ pid: 300, name: "b/dead" }, BOTH);
      kernel.makeFolder(`/sys/fs/cgroup${UNIT}/foreign`);
      kernel.end(300);
      await machine.enforce(BOTH, machine.agent());
      assert.deepEqual(
        [...kernel.groups.keys()].filter((path) => path.startsWith(`${UNIT}/`)),
        [`${UNIT}/agent`, machine.actorGroup, `${UNIT}/foreign`],
      );
    });
  });

  describe("where it has not", () => {
    it("one controller is missing: the other holds, and that is said once", async () => {
      const machine = new Machine({ ...SYSTEMD, controllers: ["cpu", "pids"] });
      const enforcement = await machine.enforce();
      assert.deepEqual([...enforcement.heldByKernel], ["cpu"]);
      assert.match(enforcement.warnings.join(), /^memory limits are watched and not held/);
      assert.deepEqual(machine.values("cpu.max", "memory.max"), ["25000 100000", undefined]);
      assert.deepEqual((await machine.enforce()).warnings, []);
      // What is not limited needs no warning.
      const { cpu = assert.fail() } = BOTH;
      assert.deepEqual((await machine.enforce({ cpu }, machine.agent())).warnings, []);
    });

    it("a hybrid system without controllers: watched by what the group and /proc say", async () => {
      const hybrid = { mountFolder: "/sys/fs/cgroup/unified", controllers: [], ownGroup: "/" };
      const machine = new Machine(hybrid);
      const enforcement = await machine.enforce();
      assert.equal(enforcement.heldByKernel.size, 0);
      assert.equal(enforcement.warnings.length, 2);
      const { values } = machine.kernel.groups.get(machine.actorGroup) ?? assert.fail();
      values.set("cpu.stat", "usage_usec 5000\n");
      assert.deepEqual(await enforcement.usage(), { cpuMs: 5, memoryBytes: 1006 * 1024 });
    });

    it("version 1 alone: nothing is made, all is read from /proc", async () => {
      const machine = new Machine({ ...SYSTEMD, mountFolder: undefined });
      const enforcement = await machine.enforce();
      assert.match(enforcement.warnings.join(), /no control groups of version 2$/);
      const actor = machine.kernel.processes.get(ACTOR) ?? assert.fail();
      actor.ticks = 50;
      // 50 + 1 of its own and 2 + 3 of the children that it has waited for, in ticks of 10 ms.
      assert.deepEqual(await enforcement.usage(), { cpuMs: 560, memoryBytes: 1006 * 1024 });
      await enforcement[Symbol.asyncDispose]();
    });

    it("the kernel refuses one file: the other limit holds; it refuses the process: nothing is left behind", async () => {
      const machine = new Machine(SYSTEMD);
      machine.kernel.refuse = (_, path) => (path.endsWith("/cpu.max") ? "ENOENT" : undefined);
      const enforcement = await machine.enforce();
      assert.deepEqual([...enforcement.heldByKernel], ["memory"]);
      assert.match(enforcement.warnings.join(), /^cpu limits are watched and not held.*ENOENT$/);

      const other = new Machine(SYSTEMD);
      other.kernel.refuse = (_, path) =>
        path.includes("/actor-") && path.endsWith("/cgroup.procs") ? "EPERM" : undefined;
      const refused = await other.enforce();
      assert.equal(refused.heldByKernel.size, 0);
      assert.match(refused.warnings.join(), /EPERM/);
      assert.equal(other.actorGroup, `${UNIT}/agent`);
      assert.deepEqual(
        [...other.kernel.groups.keys()].filter((path) => path.includes("actor-")),
        [],
      );
    });

    it("an unknown fault is no refusal: it passes on", async () => {
      const machine = new Machine(SYSTEMD);
      machine.kernel.refuse = () => {
        throw new TypeError("a bug");
      };
      assert.throws(() => void machine.enforce(), /a bug/);
      await Promise.resolve();
    });
  });

  describe("processes", () => {
    it("a family counts together", () => {
      const { kernel } = new Machine(SYSTEMD);
      for (const [pid, parent] of [
        [200, ACTOR],
        [201, 200],
        [202, OWN_PID],
      ] as const)
        kernel.start(pid, parent).ticks = 100;
      assert.deepEqual(familyUsage(kernel, "/proc", ACTOR), {
        cpuMs: 3 * 60 + 2 * 1000,
        memoryBytes: 3 * 1006 * 1024,
      });
    });

    it("a program that has ended before is not held, and neither is who has its number now", async () => {
      const machine = new Machine(SYSTEMD);
      const never = { pid: 0, name: "b/never" };
      await using unborn = await machine.resources.enforce(never, BOTH);
      assert.equal(await unborn.usage(), undefined);
      const enforcement = await machine.enforce();
      assert(await enforcement.usage());
      machine.kernel.end(ACTOR);
      machine.kernel.processes.set(ACTOR, {
        ...{ parent: 1, startTick: 7, ticks: 1, anonymousKib: 1 },
      });
      assert.equal(await enforcement.usage(), undefined);
    });

    it("files are its own by their names, folders with all that is in them", () =>
      inFolder(async (folder) => {
        for (const name of ["meter.sqlite", "meter.sqlite-wal", "meter-notes", "meters", "ameter"])
          await writeFile(join(folder, name), "12345");
        await mkdir(join(folder, "meter-records", "day"), { recursive: true });
        await writeFile(join(folder, "meter-records", "day", "1"), "1234567");
        assert.equal(await ownFileBytes(folder, "meter"), 22);
        assert.equal(await ownFileBytes(join(folder, "absent"), "meter"), 0);
      }));
  });

  describe("place in the tree", () => {
    const mount = (root: string, folder: string): string =>
      `1 2 0:3 / /proc rw - proc proc rw\n41 31 0:38 ${root} ${folder} rw shared:1 - cgroup2 cgroup2 rw`;

    it("is read from the kernel's texts, also where a part is mounted, or a name has a space", () => {
      assert.deepEqual(cgroupPlace(mount("/", "/sys/fs/a\\040b"), "0::/x/y\n"), {
        mountFolder: "/sys/fs/a b",
        groupPath: "/x/y",
      });
      assert.deepEqual(cgroupPlace(mount("/x", "/m"), "3:cpu:/z\n0::/x/y\n"), {
        mountFolder: "/m",
        groupPath: "/y",
      });
      assert.deepEqual(cgroupPlace(mount("/x", "/m"), "0::/x\n"), {
        mountFolder: "/m",
        groupPath: "/",
      });
    });

    it("is refused with a reason where this process is not in what is mounted", () => {
      const reason = (mountinfo: string, ownGroups: string): string => {
        const place = cgroupPlace(mountinfo, ownGroups);
        return typeof place === "string" ? place : place.groupPath;
      };
      assert.match(reason(mount("/x", "/m"), "0::/xy\n"), /hold this process/);
      assert.match(reason(mount("/", "/m"), "0::/../up\n"), /hold this process/);
      assert.match(reason(mount("/..", "/m"), "0::/\n"), /hold this process/);
      assert.match(reason("", "0::/\n"), /hold this process/);
      assert.match(reason(mount("/", "/m"), "4:memory:/a\n"), /version 2/);
    });
  });
});

describe("the kernel of this machine", function () {
  this.timeout(60_000);
  const system = { files: kernelFiles, procFolder: "/proc", ownPid: process.pid };
  let tree: CgroupTree | string = "this is no Linux";

  before(() => {
    if (process.platform === "linux") tree = openCgroupTree(system);
  });

  // Only what is empty goes.
  after(() => {
    const folder = typeof tree === "string" ? "" : tree.folder;
    if (folder.endsWith("/hedgerow")) unlessRefused(() => kernelFiles.removeFolder(folder));
  });

  /** A shell with a child that outlives it, in a group of its own. */
  async function shell(limits: ProcessLimits): Promise<{
    readonly enforcement: Enforcement;
    readonly grandchildPid: number;
    readonly kill: () => Promise<unknown>;
  }> {
    const child = spawn("sh", ["-c", "read go; sleep 1000 & echo $!; wait"]);
    const { pid = 0 } = child;
    const resources = new SystemResources({ ...system, dataFolder: "unused" });
    const enforcement = await resources.enforce({ pid, name: "b/sh" }, limits);
    child.stdin.write("go\n");
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    const kill = (): Promise<unknown> => {
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      return exited;
    };
    return { enforcement, grandchildPid: Number(String(line)), kill };
  }

  it("a group holds a program and its descendants, and disposal ends them (needs control groups of version 2, and root or a unit with Delegate=yes)", async function () {
    if (typeof tree === "string") this.skip();
    const { enforcement, grandchildPid, kill } = await shell(BOTH);
    const groupOf = (): string | undefined =>
      /^0::(.*)$/m.exec(readIfThere(kernelFiles, `/proc/${grandchildPid}/cgroup`) ?? "")?.[1];
    assert.match(groupOf() ?? "", /\/actor-b\.sh-\d+$/);
    assert((await enforcement.usage())?.cpuMs !== undefined);
    await kill();
    assert.equal(await enforcement.usage(), undefined);
    assert.match(groupOf() ?? "", /\/actor-b\.sh-\d+$/);
    await enforcement[Symbol.asyncDispose]();
    // Ended, or ended and not yet waited for: then it is in no group that exists.
    assert.doesNotMatch(groupOf() ?? "", /\/actor-b\.sh-\d+$/);
  });

  it("the kernel ends what allocates beyond its memory (needs the memory controller in version 2: systemd-run --pty -p Delegate=yes npm test)", async function () {
    if (typeof tree === "string" || !tree.controllers.has("memory")) this.skip();
    const resources = new SystemResources({ ...system, dataFolder: "unused" });
    const eater = "process.stdin.once('data',()=>{const a=[];for(;;)a.push(Buffer.alloc(1e6,1))})";
    const child = spawn(process.execPath, ["-e", eater]);
    const { pid = 0 } = child;
    await using enforcement = await resources.enforce(
      { pid, name: "b/eater" },
      { memory: { bytes: 100 * MIB } },
    );
    const exited = once(child, "exit");
    child.stdin.write("go\n");
    assert.deepEqual(await exited, [null, "SIGKILL"]);
    assert.equal(enforcement.endedByKernel(), "memory");
  });
});
