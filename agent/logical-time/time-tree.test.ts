// Goal: cluster time never moves while any process has work left or a copy is under way, and then always does.
// Method: a root, a child and a grandchild in one process, joined by slow channels; random work at random
// instants that sends copies about. What is true is counted beside, and compared before every advance.
// Seed: 1 to 25.
import assert from "node:assert/strict";
import { never } from "../core/run-in-world.contract.ts";
import type { Channel, Child, Exit, Spawner } from "../core/spawner.ts";
import { deferred } from "../core/waiting.ts";
import { CountedActivity } from "../io/counted-activity.ts";
import { SteppedClock } from "../io/stepped-clock.ts";
import { SeededRandom } from "../sim/seeded-random.ts";
import { runTimeAuthority, type TimeAuthorityOptions } from "./time-authority.ts";
import { TimeTree } from "./time-tree.ts";

const START_UTC_US = 1_000_000;

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What is on its way, and how long that takes. */
const survivors = (): Promise<[]> => Promise.resolve([]);

class Ether {
  readonly random: SeededRandom;
  /** Work and copies that are left in all processes, as nobody but the test knows. */
  leftCount = 0;

  constructor(seed: number) {
    this.random = new SeededRandom(`time ${seed}`);
  }

  async turns(countMax: number): Promise<void> {
    const count = Math.floor(this.random.next() * (countMax + 1));
    for (let each = 0; each < count; each += 1) await turn();
  }

  /** The two ends of a channel: in order, each message some turns late. */
  channel(): [Channel, Channel] {
    const end = (): { receive: Channel["receive"]; arrive: (message: unknown) => void } => {
      let receiver: ((message: unknown) => void) | undefined;
      const early: unknown[] = [];
      return {
        receive(next) {
          receiver = next;
          for (const message of early.splice(0)) next(message);
        },
        arrive(message) {
          if (receiver === undefined) early.push(message);
          else receiver(message);
        },
      };
    };
    const [one, other] = [end(), end()];
    const sender = (to: ReturnType<typeof end>): Channel["send"] => {
      let last = Promise.resolve();
      return (message) => {
        last = last.then(() => this.turns(2)).then(() => to.arrive(structuredClone(message)));
      };
    };
    return [
      { send: sender(other), receive: one.receive },
      { send: sender(one), receive: other.receive },
    ];
  }
}

/** One process: a clock, counts, and random work. */
class Process {
  readonly clock: SteppedClock;
  readonly activity: CountedActivity;
  readonly tree: TimeTree;
  readonly spawner: Spawner;
  readonly ran: number[] = [];
  readonly #ether: Ether;
  readonly #peers: Process[];
  readonly exit = deferred<Exit>();
  inner: Channel | undefined;

  constructor(ether: Ether, peers: Process[], utcUs: number) {
    this.#ether = ether;
    this.#peers = peers;
    this.clock = new SteppedClock(utcUs);
    this.activity = new CountedActivity(() => this.tree.changed());
    this.tree = new TimeTree({ clock: this.clock, activity: this.activity, settle: turn });
    this.spawner = this.tree.spawner({ spawn: () => this.#spawn(), survivors });
    peers.push(this);
  }

  #spawn(): Child {
    const [ours, theirs] = this.#ether.channel();
    const child = new Process(this.#ether, this.#peers, this.clock.utcUs());
    child.inner = child.tree.channel(theirs);
    const end = (): void => child.exit.resolve({ kind: "killed", reason: "test" });
    return {
      ...{ name: "child", pid: this.#peers.length, channel: ours, exited: child.exit.promise },
      kill: end,
      stop: end,
    };
  }

  /** Works when cluster time reaches `dueUtcUs`. */
  async plan(dueUtcUs: number, depth: number): Promise<void> {
    await this.clock.sleepUntilUtc(dueUtcUs, never);
    assert.equal(this.clock.utcUs(), dueUtcUs, "time moved on before the work of this instant");
    this.ran.push(dueUtcUs);
    await this.#work(depth);
  }

  async #work(depth: number): Promise<void> {
    const ether = this.#ether;
    this.activity.begin();
    ether.leftCount += 1;
    await ether.turns(3);
    const copyCount = depth === 0 ? 0 : Math.floor(ether.random.next() * 3);
    for (let copy = 0; copy < copyCount; copy += 1) {
      const to = this.#peers[Math.floor(ether.random.next() * this.#peers.length)]!;
      this.activity.sent(1);
      ether.leftCount += 1;
      void ether.turns(6).then(() => to.#arrived(depth - 1));
    }
    if (ether.random.next() < 0.3) {
      const aheadUs = 1 + Math.floor(ether.random.next() * 500);
      if (depth > 0) void this.plan(this.clock.utcUs() + aheadUs, depth - 1);
    }
    ether.leftCount -= 1;
    this.activity.end();
  }

  async #arrived(depth: number): Promise<void> {
    const working = this.#work(depth);
    this.#ether.leftCount -= 1;
    this.activity.received(1);
    await working;
  }
}

interface Tree {
  readonly ether: Ether;
  readonly processes: readonly [Process, Process, Process];
  readonly children: readonly Child[];
}

function treeOfThree(seed: number): Tree {
  const ether = new Ether(seed);
  const processes: Process[] = [];
  const root = new Process(ether, processes, START_UTC_US);
  const call = { program: "p", name: "p", options: {} };
  const child = root.spawner.spawn(call);
  const grandchild = processes[1]!.spawner.spawn(call);
  return {
    ether,
    processes: processes as unknown as Tree["processes"],
    children: [child, grandchild],
  };
}

const run = (
  { processes: [root] }: Tree,
  options: Partial<TimeAuthorityOptions> & { readonly endUtcUs: number },
  signal = never,
): Promise<number> =>
  runTimeAuthority(root.tree, root.clock, { startUtcUs: START_UTC_US, ...options }, signal);

describe("time tree", function () {
  this.timeout(30_000);
  for (let seed = 1; seed <= 25; seed += 1)
    it(`time moves exactly when nobody has work left (seed ${seed})`, async () => {
      const tree = treeOfThree(seed);
      const { ether, processes } = tree;
      const planned: number[] = [];
      for (const process of processes)
        for (let count = 0; count < 6; count += 1) {
          const dueUtcUs = START_UTC_US + 1 + Math.floor(ether.random.next() * 2000);
          planned.push(dueUtcUs);
          void process.plan(dueUtcUs, 3);
        }
      const instants: number[] = [];
      const reached = await run(tree, {
        endUtcUs: START_UTC_US + 100_000,
        advanced(utcUs) {
          assert.equal(ether.leftCount, 0, "time moves while there is work left");
          instants.push(utcUs);
        },
      });
      assert.equal(ether.leftCount, 0);
      assert.equal(reached, instants.at(-1));
      assert.deepEqual(
        instants,
        [...new Set(instants)].sort((a, b) => a - b),
      );
      const ran = processes.flatMap((process) => process.ran);
      assert.deepEqual(
        [...new Set(ran)].sort((a, b) => a - b),
        instants,
      );
      assert(ran.length >= planned.length);
      for (const { clock } of processes) assert.equal(clock.utcUs(), reached);
    });

  it("a process that is started later stands where its parent stands, and is waited for", async () => {
    const tree = treeOfThree(1);
    const [root, child] = tree.processes;
    await root.clock.sleepUntilUtc(START_UTC_US, never);
    const late = deferred<Process>();
    void child.clock.sleepUntilUtc(START_UTC_US + 10, never).then(() => {
      child.activity.begin();
      const peers: Process[] = [];
      const [ours, theirs] = tree.ether.channel();
      const fresh = new Process(tree.ether, peers, child.clock.utcUs());
      fresh.tree.channel(theirs);
      const nothing = (): void => undefined;
      child.tree
        .spawner({
          survivors,
          spawn: () => ({
            ...{ name: "late", pid: 9, channel: ours, exited: fresh.exit.promise },
            ...{ kill: nothing, stop: nothing },
          }),
        })
        .spawn({ program: "p", name: "late", options: {} });
      void fresh.plan(START_UTC_US + 15, 0);
      late.resolve(fresh);
      child.activity.end();
    });
    void root.plan(START_UTC_US + 20, 0);
    assert.equal(await run(tree, { endUtcUs: START_UTC_US + 100 }), START_UTC_US + 20);
    assert.deepEqual((await late.promise).ran, [START_UTC_US + 15]);
  });

  it("waits for what is ready to run, though it has not begun", async () => {
    const root = new Process(new Ether(1), [], START_UTC_US);
    let isDone = false;
    void root.clock.sleepUntilUtc(START_UTC_US + 10, never).then(async () => {
      for (let count = 0; count < 200; count += 1) await Promise.resolve();
      root.activity.begin();
      for (let count = 0; count < 5; count += 1) await turn();
      isDone = true;
      root.activity.end();
    });
    void root.plan(START_UTC_US + 20, 0);
    const options = {
      startUtcUs: START_UTC_US,
      endUtcUs: START_UTC_US + 100,
      advanced: (utcUs: number) => assert.equal(isDone, utcUs > START_UTC_US + 10),
    };
    assert.equal(await runTimeAuthority(root.tree, root.clock, options, never), START_UTC_US + 20);
  });

  it("a child that dies with work left is not waited for", async () => {
    const tree = treeOfThree(2);
    const [root, , grandchild] = tree.processes;
    grandchild.activity.begin();
    void root.plan(START_UTC_US + 20, 0);
    let isOver = false;
    const running = run(tree, { endUtcUs: START_UTC_US + 100 }).then((utcUs) => {
      isOver = true;
      return utcUs;
    });
    for (let count = 0; count < 100; count += 1) await turn();
    assert.equal(isOver, false);
    assert.equal(root.clock.utcUs(), START_UTC_US);
    tree.children[1]?.kill();
    assert.equal(await running, START_UTC_US + 20);
  });

  it("programs do not see the messages of time, and lose none of their own", async () => {
    const ether = new Ether(3);
    const root = new Process(ether, [], START_UTC_US);
    const [ours, theirs] = ether.channel();
    const heard: unknown[] = [];
    const exited = new Promise<Exit>(() => undefined);
    const nothing = (): void => undefined;
    const inner = { name: "c", pid: 1, channel: ours, exited, kill: nothing, stop: nothing };
    const child = new Process(ether, [], START_UTC_US);
    const channel = child.tree.channel(theirs);
    const seen = root.tree
      .spawner({ spawn: () => inner, survivors })
      .spawn({ program: "p", name: "c", options: {} });
    seen.channel.receive((message) => heard.push(message));
    for (const word of ["one", "two"]) seen.channel.send(word);
    const report = await root.tree.ask(1, START_UTC_US);
    assert.equal(report.nextDueUtcUs, undefined);
    channel.receive((message) => {
      heard.push(message);
      channel.send("answer");
    });
    await root.tree.ask(2, START_UTC_US);
    for (let count = 0; count < 20; count += 1) await turn();
    assert.deepEqual(heard, ["one", "two", "answer", "answer"]);
  });
});

describe("time authority", function () {
  this.timeout(30_000);
  it("goes from instant to instant in order, and no further than the end", async () => {
    const tree = treeOfThree(1);
    for (const [index, process] of tree.processes.entries())
      for (const atUs of [30, 10, 20 + index, 5000]) void process.plan(START_UTC_US + atUs, 0);
    const instants: number[] = [];
    const reached = await run(tree, {
      endUtcUs: START_UTC_US + 4999,
      advanced: (utcUs) => instants.push(utcUs - START_UTC_US),
    });
    assert.deepEqual(instants, [10, 20, 21, 22, 30]);
    assert.equal(reached, START_UTC_US + 4999);
    assert(tree.processes.every(({ ran }) => ran.length === 3));
  });

  it("ends where it stands when nobody waits for anything", async () => {
    const tree = treeOfThree(1);
    assert.equal(await run(tree, { endUtcUs: START_UTC_US + 9 }), START_UTC_US);
  });

  it("keeps to its speed: no instant comes before its share of real time", async () => {
    const tree = treeOfThree(1);
    for (const atUs of [1_000_000, 4_000_000]) void tree.processes[2].plan(START_UTC_US + atUs, 0);
    const sleepsMs: number[] = [];
    let nowMs = 500;
    const clock = {
      utcUs: () => 0,
      sleepUntilUtc: () => Promise.resolve(),
      reading: () => assert.fail("not used"),
      monotonicMs: () => nowMs,
      sleep(durationMs: number) {
        sleepsMs.push(durationMs);
        nowMs += durationMs + 1;
        return Promise.resolve();
      },
    };
    const options = { startUtcUs: START_UTC_US, endUtcUs: START_UTC_US + 9e6, speed: 10 };
    await runTimeAuthority(tree.processes[0].tree, clock, options, never);
    // 1 s and 4 s of cluster time at ten times: due 100 ms and 400 ms after the start.
    assert.deepEqual(sleepsMs, [100, 299]);
  });

  it("ends at once when told to, also while a process has work left for ever", async () => {
    const tree = treeOfThree(1);
    tree.processes[1].activity.begin();
    const stop = new AbortController();
    const running = run(tree, { endUtcUs: START_UTC_US + 9 }, stop.signal);
    for (let count = 0; count < 10; count += 1) await turn();
    stop.abort();
    assert.equal(await running, START_UTC_US);
    assert.equal(
      await run(treeOfThree(1), { endUtcUs: START_UTC_US + 9 }, AbortSignal.abort()),
      START_UTC_US,
    );
  });
});
