// Goal: a program runs with the rights that its call names and no others, is still the process that its
// parent knows, and says what is to be done where that cannot be.
// Method: real processes, looked at through /proc; a PATH without the tools, or with one that refuses.
// Seed: none. Needs root, and says so where it is not.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Inbox } from "../core/run-in-world.contract.ts";
import type { Child, RunAs } from "../core/spawner.ts";
import { type ContractWorld, MAIN_MODULE, THREAD_MODULE } from "./contract-world.contract.ts";
import { ProgramSpawner } from "./program-spawner.ts";
import { Rights } from "./run-as.ts";

const NOBODY = /^nobody:[^:]*:(\d+):(\d+):/m.exec(readFileSync("/etc/passwd", "utf8"));
const GROUPS = readFileSync("/etc/group", "utf8")
  .split("\n")
  .map((line) => line.split(":"))
  .filter(
    ([name, , id]) =>
      name !== undefined && id !== undefined && !/^(root|nobody|nogroup)$/.test(name),
  )
  .slice(0, 2)
  .map(([name = "", , id = ""]) => ({ name, id }));

/** Why these tests cannot run here; undefined when they can. */
function obstacle(): string | undefined {
  if (process.getuid?.() !== 0) return "needs root";
  if (NOBODY === null || GROUPS.length < 2) return "needs a user nobody and two groups";
  const asNobody = ["--reuid=nobody", "--regid=" + (NOBODY[2] ?? ""), "--clear-groups"];
  const args = [...asNobody, "test", "-r", fileURLToPath(MAIN_MODULE)];
  return spawnSync("setpriv", args).status === 0
    ? undefined
    : "needs setpriv, and code that all may read";
}

/** What the kernel says of a process, such as Uid, Groups, CapEff. */
function statusOf(pid: number): Readonly<Record<string, string>> {
  const lines = readFileSync(`/proc/${pid}/status`, "utf8").split("\n");
  return Object.fromEntries(
    lines.map((line) => {
      const [name = "", value = ""] = line.replace(/\s+/g, " ").trim().split(/: ?/);
      return [name, value];
    }),
  );
}

/** Fields 40 and 41 of stat: real-time priority and policy (0 other, 1 FIFO, 2 round robin). */
function scheduling(pid: number): readonly [priority: number, policy: number] {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return [Number(fields[37]), Number(fields[38])];
}

class Lab {
  readonly folder = mkdtempSync(join(tmpdir(), "hedgerow-rights-"));
  readonly warnings: string[] = [];
  readonly spawner = new ProgramSpawner(
    {
      ...{ mainModule: MAIN_MODULE, threadModule: THREAD_MODULE, graceMs: 2000 },
      world: { folder: this.folder } satisfies ContractWorld,
      lasting: { folder: join(this.folder, "lasting") },
      folderOf: (userId) => join(this.folder, `as-${userId}`),
    },
    { write: (level, event) => this.warnings.push(`${level} ${event}`) },
  );

  spawn(runAs: RunAs, lasting = false): Child {
    return this.spawner.spawn({ program: "echo", name: "echo", options: 7, runAs, lasting });
  }

  /** Runs a program, which has to answer, and calls `look` while it runs. */
  async with(runAs: RunAs, look: (pid: number) => void, lasting = false): Promise<void> {
    const child = this.spawn(runAs, lasting);
    const inbox = new Inbox<unknown>();
    child.channel.receive(inbox.push);
    void child.exited.then(({ reason }) => inbox.push(reason));
    assert.deepEqual(await inbox.next(), { options: 7 });
    look(child.pid);
    child.channel.send("still there");
    assert.equal(await inbox.next(), "still there");
    child.stop();
    assert.equal((await child.exited).kind, "stopped");
  }
}

async function inLab(work: (lab: Lab) => Promise<void>): Promise<void> {
  const lab = new Lab();
  try {
    await work(lab);
  } finally {
    rmSync(lab.folder, { recursive: true });
  }
}

describe("rights of a process", function () {
  this.timeout(30_000);
  before(function () {
    const why = obstacle();
    if (why === undefined) return;
    process.stderr.write(`skipped: ${why}\n`);
    this.skip();
  });

  for (const lasting of [false, true])
    it(`a user, and the named groups alone, ${lasting ? "of a lasting one" : "for good"}`, () =>
      inLab(async (lab) => {
        const groups = GROUPS.map(({ name }) => name);
        const look = (pid: number): void => {
          const status = statusOf(pid);
          const [, userId = "", groupId = ""] = NOBODY ?? [];
          assert.equal(status["Uid"], Array(4).fill(userId).join(" "));
          assert.equal(status["Gid"], Array(4).fill(groupId).join(" "));
          const ids = GROUPS.map(({ id }) => Number(id)).sort((one, other) => one - other);
          assert.equal(status["Groups"], ids.join(" "));
          assert.equal(status["NoNewPrivs"], "1");
          for (const set of ["CapInh", "CapPrm", "CapEff", "CapAmb"])
            assert.match(status[set] ?? "", /^0+$/, set);
          const folder = statSync(join(lab.folder, `as-${userId}`));
          assert.deepEqual([folder.uid, folder.gid].map(String), [userId, groupId]);
        };
        await lab.with({ user: "nobody", groups }, look, lasting);
      }));

  it("a user without groups has none, not even those that the system lists for it", () =>
    inLab((lab) =>
      lab.with({ user: "nobody" }, (pid) => {
        assert.equal(statusOf(pid)["Groups"], "");
      }),
    ));

  it("groups alone leave the user as it is", () =>
    inLab((lab) =>
      lab.with({ groups: [GROUPS[0]?.name ?? ""] }, (pid) => {
        assert.equal(statusOf(pid)["Uid"], "0 0 0 0");
        assert.equal(statusOf(pid)["Groups"], GROUPS[0]?.id);
      }),
    ));

  it("real time where the system allows it; otherwise it runs anyway, and one warning says so", () =>
    inLab(async (lab) => {
      const realTime = { policy: "roundRobin", priority: 10 } as const;
      const seen: (readonly [number, number])[] = [];
      for (const user of ["root", "nobody"])
        await lab.with({ user, realTime }, (pid) => void seen.push(scheduling(pid)));
      if (lab.warnings.length === 0)
        assert.deepEqual(seen, [
          [10, 2],
          [10, 2],
        ]);
      else assert.deepEqual([...lab.warnings, ...seen], ["warn real-time-refused", [0, 0], [0, 0]]);
    }));

  const refusals: readonly [RunAs, RegExp][] = [
    [{ user: "no-such-user" }, /RUN_AS_REFUSED.*no such user.*useradd --system no-such-user/],
    [{ user: "0" }, /RUN_AS_REFUSED.*no such user/],
    [{ user: "--keep-groups" }, /RUN_AS_REFUSED.*no such user/],
    [
      { user: "nobody", groups: ["no-such-group"] },
      /RUN_AS_REFUSED.*groupadd --system no-such-group/,
    ],
  ];
  for (const [runAs, reason] of refusals)
    it(`fails with what is to be done: ${JSON.stringify(runAs)}`, () =>
      inLab(async (lab) => {
        const child = lab.spawn(runAs);
        const exit = await child.exited;
        assert.equal(exit.kind, "failed");
        assert.match(exit.reason, reason);
        child.channel.send("nobody hears this");
        child.channel.receive(() => undefined);
        child.stop();
        child.kill();
      }));
});

describe("rights that this process does not have", function () {
  before(function () {
    if (process.getuid?.() !== 0) this.skip();
  });

  /** Runs `work` with a PATH of these programs alone. */
  function withPath(programs: Readonly<Record<string, string>>, work: () => void): void {
    const folder = mkdtempSync(join(tmpdir(), "hedgerow-path-"));
    const { PATH } = process.env;
    try {
      mkdirSync(folder, { recursive: true });
      for (const [name, script] of Object.entries(programs)) {
        const path = join(folder, name);
        if (script.startsWith("#!")) writeFileSync(path, script, { mode: 0o755 });
        else symlinkSync(script, path);
      }
      process.env["PATH"] = folder;
      work();
    } finally {
      process.env["PATH"] = PATH;
      rmSync(folder, { recursive: true });
    }
  }
  const find = (name: string): string => {
    const folders = (process.env["PATH"] ?? "").split(delimiter);
    const found = folders.find((each) => spawnSync("test", ["-x", join(each, name)]).status === 0);
    return join(found ?? "", name);
  };

  it("real time that is refused is warned of once, and left out", () => {
    const warnings: unknown[] = [];
    const rights = new Rights({ write: (...line) => warnings.push(line) });
    withPath({ chrt: "#!/bin/sh\nexit 1\n" }, () => {
      for (let count = 0; count < 3; count += 1) {
        const outcome = rights.launch({ realTime: { policy: "fifo", priority: 20 } });
        assert(outcome.kind === "launch");
        assert.deepEqual(outcome.launch, { command: process.execPath, args: [] });
      }
    });
    assert.equal(warnings.length, 1);
    assert.match(JSON.stringify(warnings), /real-time-refused.*fifo.*20.*CAP_SYS_NICE/);
  });

  it("real time that is granted comes before all else", () => {
    withPath({ chrt: "#!/bin/sh\nexit 0\n" }, () => {
      const outcome = new Rights(undefined).launch({ realTime: { policy: "fifo", priority: 20 } });
      assert(outcome.kind === "launch");
      const { command, args } = outcome.launch;
      assert.deepEqual([command, ...args], ["chrt", "--fifo", "20", process.execPath]);
    });
  });

  it("without setpriv, it says what to install", () => {
    withPath({ getent: find("getent") }, () => {
      const outcome = new Rights(undefined).launch({ user: "root" });
      assert(outcome.kind === "refused");
      assert.match(outcome.error.message, /there is no setpriv.*install util-linux/);
    });
  });

  it("without the right to be somebody else, it says who can", () => {
    const module = new URL("./run-as.js", import.meta.url).href;
    const script = `const { Rights } = await import(${JSON.stringify(module)});
      process.stdout.write(new Rights(undefined).launch({ user: "root" }).error.message);`;
    const args = ["--reuid=65534", "--regid=65534", "--clear-groups", process.execPath];
    const { stdout } = spawnSync("setpriv", [...args, "--input-type=module", "--eval", script], {
      encoding: "utf8",
    });
    assert.match(stdout, /RUN_AS_REFUSED.*no right to.*CAP_SETUID and CAP_SETGID/);
  });
});
