// Goal: the community's files are read as they are, and anything else is refused with its line.
// Method: the committed data, and small texts that are wrong in one place each.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { CommunityFormatError, parseCommunity } from "./community.ts";

const DATA = new URL("../../../../actors/transax/data/community-102/", import.meta.url);

const files = {
  members: "prosumer,feeder,role,source,kWp\n101,1,producer,pv,9.36\n102,2,consumer,load,\n",
  netFileName: "folder/net_15min_Wh.csv",
  net: "interval,101,102\n0,5,-6\n1,0,-7\n",
};

describe("transax community", () => {
  it("reads the 102 members and their day", async () => {
    const { members, netWh, intervalCount } = parseCommunity({
      members: await readFile(new URL("members.csv", DATA), "utf8"),
      netFileName: "net_15min_Wh.csv",
      net: await readFile(new URL("net_15min_Wh.csv", DATA), "utf8"),
    });
    assert.equal(intervalCount, 96);
    const producers = members.filter(({ role }) => role === "producer");
    assert.deepEqual(
      producers.map(({ prosumer, kWp }) => [prosumer, kWp]),
      [
        [101, 9.36],
        [102, 79.12],
        [701, 30],
        [801, 9.54],
        [1001, 14.4],
      ],
    );
    assert.equal(members.length, 102);
    assert.equal(new Set(members.map(({ feeder }) => feeder)).size, 11);
    const all = [...netWh.values()].flat();
    assert.equal(
      all.reduce((sum, wh) => sum + Math.max(0, wh), 0),
      788_259,
    );
    assert.equal(
      all.reduce((sum, wh) => sum + Math.max(0, -wh), 0),
      820_380,
    );
  });

  it("reads a small one, with either line end", () => {
    const { members, netWh } = parseCommunity({
      ...files,
      net: files.net.replaceAll("\n", "\r\n"),
    });
    assert.deepEqual(members[1], {
      prosumer: 102,
      feeder: 2,
      role: "consumer",
      source: "load",
      kWp: 0,
    });
    assert.deepEqual(netWh.get(102), [-6, -7]);
  });

  const wrong: [string, Partial<typeof files>, number][] = [
    ["a file of power", { netFileName: "net_15min_kW.csv" }, 0],
    ["a file without unit", { netFileName: "net.csv" }, 0],
    ["another header", { members: files.members.replace("role", "kind") }, 1],
    ["a prosumer twice", { members: files.members.replace("102,2", "101,2") }, 3],
    ["an unknown role", { members: files.members.replace("consumer", "both") }, 3],
    ["a consumer with power", { members: files.members.replace("load,", "load,5") }, 3],
    ["a producer without", { members: files.members.replace("9.36", "") }, 2],
    ["a feeder that is no number", { members: files.members.replace("102,2", "102,x") }, 3],
    ["an unknown prosumer", { net: files.net.replace("102", "103") }, 1],
    ["a missing prosumer", { net: "interval,101\n0,5\n" }, 1],
    ["a fraction", { net: files.net.replace("-7", "-7.5") }, 3],
    ["an empty cell", { net: files.net.replace("-7", "") }, 3],
    ["a missing cell", { net: files.net.replace(",-7", "") }, 3],
    ["a missing row", { net: files.net.replace("1,0", "2,0") }, 3],
  ];
  for (const [what, change, line] of wrong)
    it(`refuses ${what}`, () => {
      assert.throws(
        () => parseCommunity({ ...files, ...change }),
        (error) => error instanceof CommunityFormatError && error.line === line,
      );
    });
});
