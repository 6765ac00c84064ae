// Goal: our readers follow real daemons: chrony as server and client, ptp4l as master and slave with software stamps.
// Method: two network namespaces with a cable between them; the daemons touch no clock of this machine. Both have one
// clock, so the truth is known: chrony's client is told to be 50 ms off, ptp4l's only measures. Seed: none.
import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { SystemClock } from "../../agent/io/system-clock.ts";
import type { SourceReading } from "../../agent/time/time-source.ts";
import { chronySource, kindOfChrony, ptpSource } from "./daemon-sources.ts";
import { runTool } from "./run-tool.ts";

const OFFSET_S = 0.05;
const id = `ht${process.pid}`;
const [SERVER, CLIENT] = [`${id}a`, `${id}b`];
const PATH = `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`;

const ip = (...words: readonly string[]): void => {
  execFileSync("ip", words, { stdio: "ignore", env: { ...process.env, PATH } });
};
const isThere = (tool: string): boolean => {
  try {
    execFileSync("sh", ["-c", `command -v ${tool}`], {
      stdio: "ignore",
      env: { ...process.env, PATH },
    });
    return true;
  } catch {
    return false;
  }
};

describe("real daemons in network namespaces", function () {
  this.timeout(60_000);
  const daemons: ChildProcess[] = [];
  let folder = "";

  before(async function () {
    const why =
      process.getuid?.() === 0 && isThere("ip")
        ? undefined
        : "needs root and iproute2: sudo apt-get install iproute2";
    if (why !== undefined) {
      process.stderr.write(`real daemons: skipped, ${why}\n`);
      this.skip();
    }
    try {
      for (const name of [SERVER, CLIENT]) ip("netns", "add", name);
    } catch {
      process.stderr.write(
        "real daemons: skipped, this kernel or container has no network namespaces\n",
      );
      this.skip();
    }
    ip(
      "link",
      "add",
      "eth0",
      "netns",
      SERVER,
      "type",
      "veth",
      "peer",
      "name",
      "eth0",
      "netns",
      CLIENT,
    );
    for (const [at, name] of [SERVER, CLIENT].entries()) {
      ip("-n", name, "addr", "add", `10.99.0.${at + 1}/24`, "dev", "eth0");
      for (const link of ["lo", "eth0"]) ip("-n", name, "link", "set", link, "up");
    }
    folder = await mkdtemp(join(tmpdir(), "hedgerow-time-"));
  });
  afterEach(async () => {
    for (const daemon of daemons.splice(0)) {
      if (daemon.exitCode !== null || daemon.signalCode !== null) continue;
      daemon.kill("SIGTERM");
      await once(daemon, "exit");
    }
  });
  after(async () => {
    for (const name of [SERVER, CLIENT])
      try {
        ip("netns", "delete", name);
      } catch {
        // It was never made: the tests were skipped.
      }
    if (folder !== "") await rm(folder, { recursive: true });
  });

  const start = (namespace: string, ...command: readonly string[]): ChildProcess => {
    const words = ["netns", "exec", namespace, ...command];
    const daemon = spawn("ip", words, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, PATH },
    });
    daemon.stderr.resume();
    daemons.push(daemon);
    return daemon;
  };

  it("chrony's client follows its server, 50 ms off as it was told; a stopped one is silent (needs chronyd: apt-get install chrony)", async function () {
    if (!isThere("chronyd")) {
      process.stderr.write("real daemons: chrony skipped, apt-get install chrony\n");
      this.skip();
    }
    const start1 = async (namespace: string, lines: readonly string[]): Promise<string> => {
      const base = join(folder, namespace);
      const socket = `${base}.sock`;
      const own = [`bindcmdaddress ${socket}`, `pidfile ${base}.pid`, "cmdport 0"];
      await writeFile(`${base}.conf`, [...lines, ...own, ""].join("\n"));
      const words = ["-x", "-d", "-u", "root", "-f", `${base}.conf`];
      start(namespace, "chronyd", ...words);
      return socket;
    };
    await start1(SERVER, ["local stratum 3", "allow 10.99.0.0/24"]);
    const host = await start1(CLIENT, [
      `server 10.99.0.1 iburst minpoll -2 maxpoll 0 offset ${OFFSET_S}`,
    ]);
    // chronyc itself waits until its daemon is set, within 0.2 s and with 100 ppm of skew.
    let isSet = false;
    for (let attempt = 0; attempt < 20 && !isSet; attempt += 1) {
      const waited = await runTool("chronyc", ["-h", host, "waitsync", "10", "0.2", "100", "0.2"]);
      isSet = waited !== undefined;
    }
    assert.ok(isSet, "chrony's client was not set");
    const oscillator = new SystemClock();
    const source = chronySource({ oscillator }, { host, intervalMs: 0 });
    const readings: SourceReading[] = [];
    for (let each = 0; each < 5; each += 1) {
      const reading = await source.read();
      assert.ok(reading);
      readings.push(reading);
      const aheadUs = oscillator.systemUtcUs() - (oscillator.monotonicUs() - reading.atMonotonicUs);
      const trueUs = aheadUs + OFFSET_S * 1e6;
      // Both ends of the comparison look at a clock of whole milliseconds.
      assert.ok(
        Math.abs(reading.utcUs - trueUs) <= reading.boundUs + 500,
        `${reading.utcUs - trueUs} µs, bound ${reading.boundUs}`,
      );
      assert.equal(reading.stratum, 4);
      assert.ok(reading.boundUs < 20_000);
    }
    assert.equal(await kindOfChrony({}, { host }), "system");
    for (const daemon of daemons.splice(0)) {
      daemon.kill("SIGTERM");
      await once(daemon, "exit");
    }
    assert.equal(await source.read(), undefined);
    assert.deepEqual(source.counters, {
      ...{ askedCount: 6, silentCount: 1, malformedCount: 0, unsetCount: 0 },
    });
  });

  it("ptp4l's slave with software stamps gives the time of its grandmaster (needs ptp4l: apt-get install linuxptp)", async function () {
    if (!isThere("ptp4l")) {
      process.stderr.write("real daemons: ptp4l skipped, apt-get install linuxptp\n");
      this.skip();
    }
    const common = [
      ...[
        "time_stamping software",
        "network_transport UDPv4",
        "free_running 1",
        "clock_servo nullf",
      ],
      ...["logAnnounceInterval -2", "logSyncInterval -2", "logMinDelayReqInterval -2"],
    ];
    const start1 = async (namespace: string, lines: readonly string[]): Promise<ChildProcess> => {
      const base = join(folder, `${namespace}.ptp`);
      const text = ["[global]", ...common, ...lines, `uds_address ${base}`, ""].join("\n");
      await writeFile(`${base}.conf`, text);
      return start(namespace, "ptp4l", "-f", `${base}.conf`, "-i", "eth0", "-m");
    };
    await start1(SERVER, ["clockAccuracy 0x25", "priority1 100"]);
    const slave = await start1(CLIENT, ["slaveOnly 1"]);
    assert.ok(slave.stdout);
    for await (const line of createInterface(slave.stdout))
      if (/rms|master offset/.test(line)) break;
    const oscillator = new SystemClock();
    const words = ["-s", join(folder, `${CLIENT}.ptp`), "-i", join(folder, "pmc")];
    const terms = { stamping: "software", isFreeRunning: true, words, intervalMs: 0 } as const;
    const source = ptpSource({ oscillator }, terms);
    const reading = await source.read();
    assert.ok(reading, JSON.stringify(source.counters));
    const trueUs = oscillator.systemUtcUs() - (oscillator.monotonicUs() - reading.atMonotonicUs);
    assert.ok(Math.abs(reading.utcUs - trueUs) <= reading.boundUs + 500);
    assert.equal(reading.stratum, 2);
  });
});
