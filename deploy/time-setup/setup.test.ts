// Goal: a set-up is what the daemons accept, has a reason for every line, is written twice the same, and never over
// another's file unless told.
// Method: all roles and daemons; chronyd itself reads the files where it is installed; a folder of the test. Seed: none.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { planSetup } from "./plan-setup.ts";
import { MARK, type SetupWish, wrongWith } from "./setup-wish.ts";
import { writeSetup } from "./write-setup.ts";

const wish = (change: Partial<SetupWish>): SetupWish => ({
  ...{ role: "standalone", daemon: "chrony", interface: "eth0", servers: [], subnets: [] },
  ...{ stamping: "software", ...change },
});
const MASTER = wish({
  role: "master",
  subnets: ["192.168.7.0/24"],
  pps: "/dev/pps0",
  stamping: "hardware",
});
const RIGHT: readonly SetupWish[] = [
  wish({}),
  wish({ servers: ["ntp.example.org", "10.0.0.1"] }),
  MASTER,
  wish({ role: "slave", servers: ["192.168.7.1"], stamping: undefined }),
  wish({ role: "master", daemon: "linuxptp", stamping: "hardware", pps: "/dev/pps0" }),
  wish({ role: "master", daemon: "linuxptp" }),
  wish({ role: "slave", daemon: "linuxptp", stamping: "hardware" }),
  wish({ role: "slave", daemon: "linuxptp" }),
];
const textAt = (one: SetupWish, path: string): string =>
  planSetup(one).files.find((file) => file.path === path)?.text ?? "";

describe("time setup", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "hedgerow-setup-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("gives every line a reason, and every plan what to run next", () => {
    for (const each of RIGHT) {
      assert.equal(wrongWith(each), undefined);
      const { files, next } = planSetup(each);
      assert.ok(next.length >= 3 && files.length >= 1);
      for (const { path, text } of files) {
        assert.ok(text.startsWith(`${MARK}\n`) && text.endsWith("\n"), path);
        if (!path.endsWith(".conf")) continue;
        for (const block of text.trim().split("\n\n").slice(1)) {
          const [why = "", line = "", ...more] = block.split("\n");
          assert.match(why, /^# .{10,}/, block);
          assert.ok(!line.startsWith("#") && line !== "" && more.length === 0, block);
        }
      }
    }
  });

  it("says what is wrong with a wish, and what would be right", () => {
    for (const wrong of [
      wish({ daemon: "linuxptp" }),
      wish({ role: "slave" }),
      wish({ role: "master" }),
      wish({ role: "slave", daemon: "linuxptp", servers: ["10.0.0.1"] }),
      wish({ interface: "eth0; reboot" }),
      wish({ servers: ["10.0.0.1 offset 5"] }),
      wish({ servers: ["a\nallow"] }),
      wish({ role: "master", subnets: ["everybody"] }),
      wish({ pps: "/dev/../etc/x y" }),
      wish({ stamping: "hardware" }),
    ])
      assert.ok((wrongWith(wrong) ?? "").length > 30, JSON.stringify(wrong));
  });

  it("a slave serves nobody and a master claims no more than it has", () => {
    const slave = textAt(wish({ role: "slave", servers: ["10.0.0.1"] }), "etc/chrony/chrony.conf");
    assert.match(slave, /^port 0$/m);
    assert.doesNotMatch(slave, /^(allow|pool|local)/m);
    const ptp = "etc/linuxptp/hedgerow.conf";
    const master = wish({ role: "master", daemon: "linuxptp" });
    assert.match(textAt(master, ptp), /^clockAccuracy 0x2C$/m);
    assert.match(textAt({ ...master, pps: "/dev/pps0" }, ptp), /^clockAccuracy 0x25$/m);
    assert.match(textAt(wish({ role: "slave", daemon: "linuxptp" }), ptp), /^slaveOnly 1$/m);
    const phc2sys = "etc/systemd/system/hedgerow-phc2sys.service";
    assert.equal(textAt(master, phc2sys), "");
    assert.match(textAt({ ...master, stamping: "hardware" }, phc2sys), /phc2sys -a -r -r -z/);
    for (const each of RIGHT) assert.doesNotMatch(planSetup(each).next.join("\n"), /undefined/);
  });

  it("is written twice the same, and over another's file only when told, which is kept", async () => {
    const { files } = planSetup(MASTER);
    const whats = async (mayReplace?: boolean): Promise<readonly string[]> =>
      (await writeSetup(files, folder, mayReplace)).map(({ what }) => what);
    assert.deepEqual(await whats(), ["new"]);
    assert.deepEqual(await whats(), ["kept"]);
    const path = join(folder, "etc/chrony/chrony.conf");
    await writeFile(path, `${MARK}\nold\n`);
    assert.deepEqual(await whats(), ["changed"]);
    await writeFile(path, "mine\n");
    assert.deepEqual(await whats(), ["foreign"]);
    assert.equal(await readFile(path, "utf8"), "mine\n");
    assert.deepEqual(await whats(true), ["replaced"]);
    assert.equal(await readFile(`${path}.before-hedgerow`, "utf8"), "mine\n");
    assert.equal(await readFile(path, "utf8"), files[0]?.text);
  });

  it("is what chronyd reads without complaint (needs chronyd: apt-get install chrony)", async function () {
    const PATH = `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`;
    const run = promisify(execFile);
    const chronyd = (...words: readonly string[]): ReturnType<typeof run> =>
      run("chronyd", words, { env: { ...process.env, PATH } });
    try {
      await chronyd("--version");
    } catch {
      process.stderr.write("time setup: chronyd skipped, apt-get install chrony\n");
      this.skip();
    }
    for (const each of RIGHT.filter(({ daemon }) => daemon === "chrony")) {
      const path = join(folder, "chrony.conf");
      await writeFile(path, textAt(each, "etc/chrony/chrony.conf"));
      const { stdout } = await chronyd("-p", "-f", path);
      assert.match(String(stdout), /^maxslewrate 500$/m);
      await writeFile(path, "no directive\n");
      await assert.rejects(chronyd("-p", "-t", "1", "-Q", "-f", path));
    }
  });
});
