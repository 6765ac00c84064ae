// Goal: which steps a board needs follows from what was seen of it; what is written on it can be written again;
//       what it prints is read, or is said not to make sense.
// Method: facts and texts as boards give them, and generated lists. Seeds: fast-check's, printed when one fails.
import assert from "node:assert/strict";
import fc from "fast-check";
import { readDoctor, readPublicKeys } from "./add-board.ts";
import { type FirstFacts, readFirstFacts } from "./first-facts.ts";
import { planSteps, readPackageName } from "./plan-rule.ts";
import { withAdmin, withoutTrusted, withSettings, withTrusted } from "./settings-text.ts";
import { quoted, sshOptions } from "./ssh.ts";

const FACTS: FirstFacts = {
  ...{ userId: 0, hostName: "bone", architecture: "armhf", system: "debian" },
  ...{ systemVersion: "13", memoryKb: 500_000, diskFreeKb: 2_000_000, installedVersion: "" },
  ...{ hasSystemd: true, mayBecomeRoot: true, interfaces: ["lo", "eth0"] },
};
const DEB = { version: "0.1.0", architecture: "armhf" };
const PLAN = { facts: FACTS, deb: DEB, isReinstalled: false, interfaceName: "eth0" };
const CONFIG = "# For people.\n#name = greenhouse-1\ncluster = default\ninterface = auto\n";
const Z85 = fc
  .array(fc.constantFrom(..."0123456789abcXYZ.-:+=^!/*?&<>()[]{}@%$#".split("")), {
    minLength: 40,
    maxLength: 40,
  })
  .map((letters) => letters.join(""));

describe("onboard: the steps", () => {
  it("a fresh board gets everything, one that has the package is not installed again", () => {
    const fresh = planSteps(PLAN);
    const rest = ["doctor", "settings", "restart", "keys", "peers"];
    assert.deepEqual(fresh, { kind: "steps", steps: ["install", ...rest], notes: [] });
    const facts = { ...FACTS, installedVersion: "0.1.0" };
    for (const deb of [DEB, undefined])
      assert.deepEqual(planSteps({ ...PLAN, facts, deb }), {
        kind: "steps",
        steps: rest,
        notes: [],
      });
    const again = planSteps({ ...PLAN, facts, isReinstalled: true });
    assert.equal(again.kind === "steps" && again.steps[0], "install");
  });

  const refusals: readonly (readonly [string, Partial<FirstFacts>, RegExp])[] = [
    ["no dpkg", { architecture: "" }, /no dpkg/],
    ["another architecture", { architecture: "arm64" }, /for armhf, the board is arm64/],
    ["no way to become root", { mayBecomeRoot: false }, /may not become root/],
    ["no such interface", { interfaces: ["lo", "end0"] }, /no interface eth0/],
    ["a full disk", { diskFreeKb: 1_000 }, /are free below/],
  ];
  for (const [name, facts, reason] of refusals)
    it(`refuses: ${name}, and says what to do`, () => {
      const plan = planSteps({ ...PLAN, facts: { ...FACTS, ...facts } });
      assert(plan.kind === "refused");
      assert.match(plan.reason, reason);
      assert(plan.advice.length > 10);
    });

  it("refuses a board without the package when no package is given", () => {
    const plan = planSteps({ ...PLAN, deb: undefined });
    assert.match(plan.kind === "refused" ? plan.advice : "", /--arch armhf/);
  });

  it("notes little memory and a system that is not Debian", () => {
    const plan = planSteps({ ...PLAN, facts: { ...FACTS, memoryKb: 100_000, system: "alpine" } });
    assert.equal(plan.kind === "steps" && plan.notes.length, 2);
  });
});

describe("onboard: what is written", () => {
  it("settings take the place of an example or of another value; all else stays", () => {
    const text = withSettings(CONFIG, { name: "a", cluster: "c", interface: "eth0", trust: "t" });
    assert.equal(text, "# For people.\nname = a\ncluster = c\ninterface = eth0\ntrust = t\n");
    assert.equal(withSettings("", { name: "a" }), "name = a\n");
  });

  it("a board has one key in the list, however often and with whichever key it is added", () => {
    const name = fc.constantFrom("a", "b", "c-1");
    const boards = fc.uniqueArray(fc.record({ name, curve: Z85 }), {
      selector: (each) => each.name,
    });
    fc.assert(
      fc.property(boards, boards, Z85, (before, boards_, own) => {
        const hand = `# For people.\n${own} by hand\n`;
        const once = withTrusted(withTrusted(hand, before), boards_);
        assert.equal(withTrusted(once, boards_), once);
        assert(once.startsWith("# For people.\n"));
        for (const { name: each, curve } of boards_)
          assert.deepEqual(
            once.split("\n").filter((line) => line.endsWith(` ${each}`)),
            [`${curve} ${each}`],
          );
        const gone = boards_.reduce(withoutTrusted, once);
        for (const { curve } of boards_) assert(!gone.includes(curve));
      }),
    );
  });

  it("an operator becomes admin once, and others keep their roles", () => {
    const other = { key: "a".repeat(64), role: "viewer", name: "eve" } as const;
    const once = withAdmin({ format: 1, keys: [other] }, "b".repeat(64), "me");
    assert.deepEqual(withAdmin(once, "b".repeat(64), "me"), once);
    assert.deepEqual(once.keys[0], other);
    assert.equal(once.keys[1]?.role, "admin");
  });
});

describe("onboard: what is read", () => {
  it("facts, after whatever a login greets with", () => {
    const text =
      "Welcome!\nuserId=0\nhostName=bone\narchitecture=armhf\nhasSystemd=yes\ninterfaces=eth0 lo \n";
    const facts = readFirstFacts(text);
    assert.equal(facts?.architecture, "armhf");
    assert.deepEqual(facts.interfaces, ["eth0", "lo"]);
    assert.equal(facts.mayBecomeRoot, false);
    assert.equal(readFirstFacts("This account is not available.\n"), undefined);
  });

  it("packages, keys, a doctor's answer; nothing else passes for one", () => {
    assert.deepEqual(readPackageName("x/hedgerow_0.1.0_armhf.deb"), DEB);
    assert.equal(readPackageName("x/hedgerow.deb"), undefined);
    const [ed25519, curve] = ["ab".repeat(32), "#".repeat(40)];
    assert.deepEqual(readPublicKeys(`Hi\n${ed25519}\ncurve ${curve}\n`), { ed25519, curve });
    assert.deepEqual(readPublicKeys(`${ed25519}\n`), { ed25519 });
    assert.equal(readPublicKeys(`curve ${curve}\n`), undefined);
    assert.equal(readDoctor('note\n[{"id":"os","verdict":"ok"}]\n')?.length, 1);
    for (const text of ["", "[{", "{}", '[{"id":1}]']) assert.equal(readDoctor(text), undefined);
  });

  it("a text is one word of a shell, and an unattended ssh asks nothing", () => {
    assert.equal(quoted("it's $HOME"), "'it'\\''s $HOME'");
    assert(sshOptions({ host: "h" }, "p", { mayAsk: false }).includes("BatchMode=yes"));
  });
});
