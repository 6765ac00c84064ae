// Goal: over a real ssh, a board is brought into the cluster, again without a change, and a failure leaves it as it was.
// Method: an sshd on loopback with keys of its own, for this user; the board's tools are scripts that note their calls. No seed.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Added, addBoard } from "./add-board.ts";
import { StepError } from "./board-files.ts";
import { forgetPeer, tellPeers } from "./exchange-keys.ts";
import { type KnownBoard, readKnownBoards, writeKnownBoards } from "./known-boards.ts";
import { type Ran, SshBoard, type SshTarget } from "./ssh.ts";
import { type FakeBoard, openFakeBoard, whyNoSshd } from "./sshd.fixture.ts";

const CURVE = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";
const OPERATOR = { key: "ab".repeat(32), name: "me" };
const OTHER: KnownBoard = {
  ...{ name: "b2", host: "192.0.2.2", cluster: "c", interfaceName: "auto", architecture: "armhf" },
  ...{
    version: "0.1.0",
    ed25519: "cd".repeat(32),
    curve: "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs",
  },
};

describe("onboard: a board over ssh", function () {
  this.timeout(60_000);
  let folder: string;
  let fake: FakeBoard;
  let remote: SshBoard;
  let deb: string;

  const open = async (target: SshTarget): Promise<SshBoard | Ran> =>
    SshBoard.open(target, fake.how, new AbortController().signal);
  const add = (told: string[] = []): Promise<Added> =>
    addBoard(
      remote,
      {
        ...{ target: fake.target, name: "b1", cluster: "c", interfaceName: "lo", debPath: deb },
        ...{ isReinstalled: false, operator: OPERATOR, known: [OTHER], root: fake.root },
      },
      (step, text) => void told.push(`${step} ${text}`),
    );
  const file = (path: string): Promise<string> => readFile(join(fake.root, path), "utf8");

  beforeEach(async function () {
    const why = whyNoSshd();
    if (why !== undefined) {
      process.stderr.write(`skipped: ${why}\n`);
      this.skip();
    }
    folder = await mkdtemp(join(tmpdir(), "hg-"));
    await mkdir(join(folder, "board"));
    fake = await openFakeBoard(join(folder, "board"), CURVE);
    deb = join(folder, "hedgerow_0.1.0_armhf.deb");
    await writeFile(deb, "a package");
    const opened = await open(fake.target);
    assert(opened instanceof SshBoard, JSON.stringify(opened));
    remote = opened;
  });

  afterEach(async () => {
    if (whyNoSshd() !== undefined) return;
    await remote[Symbol.asyncDispose]();
    await fake[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  it("installs, sets, trusts and reads back public keys; again, it changes nothing", async () => {
    const told: string[] = [];
    const { board, doctor } = await add(told);
    assert.equal(await file("installed"), "a package");
    assert.equal(board.curve, CURVE);
    assert.match(board.ed25519, /^[0-9a-f]{64}$/);
    assert.equal(doctor.length, 2);
    assert(told.includes("doctor warn clock: no source; install chrony"));
    const config = "name = b1\ncluster = c\ninterface = lo\ntrust = /etc/hedgerow/trust.json\n";
    assert.equal(await file("etc/hedgerow/node.conf"), config);
    assert.equal(await file("etc/hedgerow/trusted"), `${OTHER.curve ?? ""} b2\n`);
    const trust = JSON.parse(await file("etc/hedgerow/trust.json")) as unknown;
    assert.deepEqual(trust, { format: 1, keys: [{ ...OPERATOR, role: "admin" }] });

    const again: string[] = [];
    assert.deepEqual((await add(again)).board, board);
    assert(again.includes("install not needed, 0.1.0 is there"));
    assert(again.includes("settings as they were"));
    const installs = (await fake.calls()).filter((call) => call.startsWith("apt-get"));
    assert.equal(installs.length, 1);
  });

  it("an agent that does not start gets its old settings back; the step and what to do are told", async () => {
    const before = await file("etc/hedgerow/node.conf");
    await writeFile(join(fake.root, "sick"), "");
    const error = await add().catch((reason: unknown) => reason);
    assert(error instanceof StepError);
    assert.equal(error.step, "restart");
    assert.match(error.advice, /journalctl/);
    assert.equal(await file("etc/hedgerow/node.conf"), before);
    await assert.rejects(file("etc/hedgerow/trust.json"), { code: "ENOENT" });
  });

  it("a package that cannot be installed leaves the settings alone", async () => {
    const before = await file("etc/hedgerow/node.conf");
    await writeFile(join(fake.root, "no-mirror"), "");
    const error = await add().catch((reason: unknown) => reason);
    assert(error instanceof StepError && error.step === "install");
    assert.match(error.message, /Unable to fetch/);
    assert.match(error.advice, /apt-get update/);
    assert.equal(await file("etc/hedgerow/node.conf"), before);
  });

  it("a trust file that makes no sense is told, and not replaced", async () => {
    await writeFile(join(fake.root, "etc/hedgerow/trust.json"), "{");
    await assert.rejects(add(), { name: "StepError", step: "settings" });
    assert.equal(await file("etc/hedgerow/trust.json"), "{");
  });

  it("others are told of a board, and told to forget it", async () => {
    const peer = { name: "b1", curve: CURVE };
    assert.equal(await tellPeers(remote, fake.root, [peer]), true);
    assert.equal(await tellPeers(remote, fake.root, [peer]), false);
    assert.equal(await file("etc/hedgerow/trusted"), `${CURVE} b1\n`);
    assert.equal(await forgetPeer(remote, fake.root, peer), true);
    assert.equal(await file("etc/hedgerow/trusted"), "");
  });

  it("a key that the board does not know does not get in, and what ssh said is kept", async () => {
    const { identity = "", ...rest } = fake.target;
    const refused = await open({ ...rest, identity: identity.replace("user", "host") });
    assert(!(refused instanceof SshBoard));
    assert.match(refused.stderr, /Permission denied/);
  });

  it("the list of boards comes back as it was written; another file is no list", async () => {
    await writeKnownBoards(folder, [OTHER]);
    assert.deepEqual(await readKnownBoards(folder), [OTHER]);
    await writeFile(join(folder, "boards.json"), '{"format": 2}');
    await assert.rejects(readKnownBoards(folder), /no list of boards/);
  });
});
