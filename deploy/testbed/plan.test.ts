// Goal: whatever is asked for, no two devices of a testbed share an address; hosts of a subnet share its broadcast; what is
// out of range is refused; a link's quality reaches the switch in its units; rules say who is not heard.
// Method: properties of the plan, by fast-check; texts by example. Seed: fast-check's, printed when it fails.
import assert from "node:assert/strict";
import fc from "fast-check";
import { HOSTS_MAX, linkCommand, namespacesOf, planTestbed, switchPorts } from "./plan.ts";
import { rulesText } from "./rules.ts";

describe("the plan of a testbed", () => {
  it("gives every device an address of its own, and every subnet a broadcast", () => {
    const counts = fc
      .integer({ min: 1, max: HOSTS_MAX })
      .chain((hostCount) =>
        fc.tuple(fc.constant(hostCount), fc.integer({ min: 1, max: Math.min(8, hostCount) })),
      );
    fc.assert(
      fc.property(counts, ([hostCount, subnetCount]) => {
        const plan = planTestbed("p", { hostCount, subnetCount });
        const { hosts } = plan;
        assert.equal(hosts.length, hostCount);
        for (const unique of ["name", "namespace", "address", "mac"] as const)
          assert.equal(new Set(hosts.map((host) => host[unique])).size, hostCount);
        for (const { subnet, address, broadcastAddress } of hosts) {
          assert(subnet >= 1 && subnet <= subnetCount);
          assert(address.startsWith(`10.77.${subnet}.`) && !address.endsWith(".254"));
          assert.equal(broadcastAddress, `10.77.${subnet}.255`);
        }
        const names = namespacesOf(plan);
        assert.equal(new Set(names).size, names.length);
        assert(names.every((name) => name.startsWith("p.")));
        const portCount = hostCount + (subnetCount > 1 ? subnetCount : 0);
        assert.equal(switchPorts(plan).length, portCount);
      }),
    );
  });

  it("refuses what is out of range", () => {
    for (const hostCount of [0, 1.5, HOSTS_MAX + 1])
      assert.throws(() => planTestbed("p", { hostCount }), RangeError);
    assert.throws(() => planTestbed("p", { hostCount: 2, subnetCount: 3 }), RangeError);
    const bad = [
      { delayMs: -1 },
      { delayMs: 60_001 },
      { lossShare: 1.1 },
      { jitterMs: Number.NaN },
    ];
    for (const link of bad)
      assert.throws(() => planTestbed("p", { hostCount: 2, link }), RangeError);
  });

  it("tells the switch in microseconds and parts per million", () => {
    const quality = { lossShare: 0.01, duplicateShare: 0, reorderShare: 1 };
    assert.equal(
      linkCommand(0, "*", { delayMs: 5, jitterMs: 0.25, ...quality }),
      "link 0 * 5000 250 10000 0 1000000",
    );
  });

  it("writes rules that drop by address, by device address and by chance", () => {
    const from = { address: "10.77.1.2", mac: "02:00:00:00:01:02" };
    const text = rulesText({ cutFrom: [from], lossShare: 0.25 });
    assert.match(text, /ip saddr 10\.77\.1\.2 counter drop/);
    assert.match(text, /ether saddr 02:00:00:00:01:02 counter drop/);
    assert.match(text, /numgen random mod 1000000 < 250000 counter drop/);
    assert.doesNotMatch(rulesText({ cutFrom: [], lossShare: 0 }), /drop/);
  });
});
