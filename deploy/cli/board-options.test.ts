// Goal: what a board's agent is told comes from its file and its network as a person expects, and what is wrong is told
// with its line; systemd hears when it is ready and that it is alive, and nobody else hears for it.
// Method: files in a temporary folder; tables of interfaces; a program that writes down what systemd-notify would be told.
// Seed: 1 (fast-check).
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { NetworkInterfaceInfo } from "node:os";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { withConfig } from "./board-config.ts";
import { addressOn } from "./board-network.ts";
import { UsageError } from "./command.ts";
import { ServiceManager } from "./service-manager.ts";

const folder = mkdtempSync(join(tmpdir(), "board-options-"));
after(() => rmSync(folder, { recursive: true }));

describe("a board's configuration", () => {
  const NAMES = ["name", "cluster", "udp-port"];
  const path = join(folder, "node.conf");
  const read = (text: string, typed = {}): unknown => {
    writeFileSync(path, text);
    return withConfig(typed, path, NAMES);
  };

  it("is read line by line, and typed words win", () => {
    const text = "# a comment\n\nname = north  \n cluster=farm = 1\n#udp-port = 1\n";
    assert.deepEqual(read(text), { name: "north", cluster: "farm = 1" });
    assert.deepEqual(read(text, { name: "typed", cluster: undefined }), {
      ...{ name: "typed", cluster: "farm = 1" },
    });
  });

  for (const [what, text, told] of [
    ["an unknown name", "name = a\nnmae = b\n", /node\.conf:2: not one of name, cluster/],
    ["no name", "just words\n", /node\.conf:1: not one of/],
    ["a name twice", "name = a\nname = b\n", /node\.conf:2: name is there twice/],
    ["no value", "name =\n", /node\.conf:1: name has no value/],
  ] as const)
    it(`is refused with its line: ${what}`, () => {
      assert.throws(
        () => read(text),
        (error) => error instanceof UsageError && told.test(error.message),
      );
    });

  it("is refused when it cannot be read", () => {
    assert.throws(() => withConfig({}, join(folder, "missing"), NAMES), UsageError);
  });
});

const PREFIX_MIN = 8;
const PREFIX_MAX = 30;

describe("a board's place on its network", () => {
  const on = (
    address: string,
    netmask = "255.255.255.0",
    internal = false,
  ): NetworkInterfaceInfo => ({
    ...{ address, netmask, internal, family: "IPv4", mac: "00:00:00:00:00:00", cidr: null },
  });
  const interfaces = {
    lo: [on("127.0.0.1", "255.0.0.0", true)],
    eth0: [on("10.1.2.3", "255.255.252.0")],
    usb0: [on("192.168.7.2", "255.255.255.252")],
  };
  const head = "Iface\tDestination\tGateway\n";

  it("is that of the interface that was named", () => {
    const there = { host: "192.168.7.2", broadcastHost: "192.168.7.3" };
    assert.deepEqual(addressOn("usb0", interfaces, head), there);
    assert.equal(addressOn("wlan0", interfaces, head), undefined);
  });

  it("is that of the default route, and not that of the cable to a laptop", () => {
    const routes = `${head}usb0\t0007A8C0\t00000000\neth0\t00000000\t0102010A\n`;
    const there = { host: "10.1.2.3", broadcastHost: "10.1.3.255" };
    assert.deepEqual(addressOn("auto", interfaces, routes), there);
  });

  it("without a route is the only one there is, and not guessed among several", () => {
    const { lo, eth0 } = interfaces;
    assert.equal(addressOn("auto", { lo, eth0 }, head)?.host, "10.1.2.3");
    assert.equal(addressOn("auto", interfaces, head), undefined);
    assert.equal(addressOn("auto", { lo }, head), undefined);
  });

  it("has the last address of any network as its broadcast address", () => {
    const property = fc.property(
      fc.nat(2 ** 32 - 1),
      fc.integer({ min: PREFIX_MIN, max: PREFIX_MAX }),
      (number, prefix) => {
        const text = (value: number): string =>
          [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");
        const mask = (0xffffffff << (32 - prefix)) >>> 0;
        const found = addressOn("e", { e: [on(text(number), text(mask))] }, head);
        assert.equal(found?.broadcastHost, text((number | ~mask) >>> 0));
      },
    );
    fc.assert(property, { seed: 1 });
  });
});

describe("the service manager", () => {
  const heard = join(folder, "heard");
  const program = join(folder, "notify");
  writeFileSync(program, `#!/bin/sh\necho "$NOTIFY_SOCKET $*" >>${heard}\n`, { mode: 0o755 });
  const lines = (): readonly string[] =>
    existsSync(heard) ? readFileSync(heard, "utf8").trim().split("\n") : [];

  it("hears that the service is ready, and then that it is alive", async () => {
    const environment = { NOTIFY_SOCKET: "/run/x", WATCHDOG_USEC: "60000", WATCHDOG_PID: "1" };
    using manager = new ServiceManager(environment, program);
    assert.deepEqual(environment, {}, "no child speaks for its parent");
    manager.ready();
    while (lines().filter((line) => line === "/run/x WATCHDOG=1").length < 2) await sleep(10);
    assert.ok(lines().includes("/run/x READY=1"));
  });

  it("is not spoken to where nobody asked", () => {
    using manager = new ServiceManager({}, join(folder, "would fail"));
    manager.ready();
    manager.stopping();
  });
});
