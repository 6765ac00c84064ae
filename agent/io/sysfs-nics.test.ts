// Goal: SysfsNics keeps the contract, and reads states as the kernel writes them.
// Method: the contract in a folder made as /sys/class/net; every state of the kernel's list.
// Seed: none.
import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nicsContract } from "../core/nics.contract.ts";
import { type Nic, type Nics } from "../core/nics.ts";
import { Inbox } from "../core/run-in-world.contract.ts";
import { SysfsNics } from "./sysfs-nics.ts";
import { inFolder } from "./temporary-folder.contract.ts";

const INTERVAL_MS = 5;

function write(folder: string, name: string, operstate: string, carrier?: string): void {
  mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, name, "operstate"), `${operstate}\n`);
  if (carrier !== undefined) writeFileSync(join(folder, name, "carrier"), `${carrier}\n`);
}

async function statesOf(nics: Nics, count: number): Promise<Record<string, boolean>> {
  const inbox = new Inbox<Nic>();
  const stop = new AbortController();
  nics.watch(inbox.push, stop.signal);
  const told = await inbox.take(count);
  stop.abort();
  return Object.fromEntries(told.map(({ name, isUp }) => [name, isUp]));
}

describe("network interfaces", () => {
  nicsContract("sysfs", (body) =>
    inFolder((folder) =>
      body({
        nics: new SysfsNics(folder, INTERVAL_MS),
        set(name, isUp) {
          if (isUp === undefined) rmSync(join(folder, name), { recursive: true });
          else write(folder, name, isUp ? "up" : "down");
        },
      }),
    ),
  );

  it("up is up; unknown is up with a carrier; anything else is down; loopback is none", () =>
    inFolder(async (folder) => {
      write(folder, "lo", "unknown", "1");
      write(folder, "eth0", "up", "1");
      write(folder, "eth1", "down");
      write(folder, "tun0", "unknown", "1");
      write(folder, "tun1", "unknown", "0");
      write(folder, "wlan0", "dormant", "1");
      write(folder, "wlan1", "lowerlayerdown", "0");
      assert.deepEqual(await statesOf(new SysfsNics(folder, INTERVAL_MS), 6), {
        ...{ eth0: true, eth1: false, tun0: true, tun1: false, wlan0: false, wlan1: false },
      });
    }));

  it("where there is no such folder there is nothing to tell, and nobody who is told after the stop", async () => {
    const told: Nic[] = [];
    const stop = new AbortController();
    new SysfsNics("/no/such/folder", 1).watch((nic) => told.push(nic), stop.signal);
    await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    new SysfsNics().watch((nic) => told.push(nic), stop.signal);
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(told, []);
  });
});
