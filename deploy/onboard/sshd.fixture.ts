import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { SshHow, SshTarget } from "./ssh.ts";

const SSHD = "/usr/sbin/sshd";
/** Debian's init script makes it; sshd refuses to work for root without. */
const PRIVILEGE_FOLDER = "/run/sshd";
const HEDGEROW = fileURLToPath(new URL("../cli/hedgerow.js", import.meta.url));

/** Why there can be no sshd, and the command that helps; undefined when there can. */
export function whyNoSshd(): string | undefined {
  return existsSync(SSHD) ? undefined : "sshd is missing: apt-get install openssh-server";
}

/** A board made of an sshd on loopback, for this user alone, whose tools are scripts and whose paths begin with `root`. */
export interface FakeBoard extends AsyncDisposable {
  readonly target: SshTarget;
  readonly how: SshHow;
  readonly root: string;
  /** What its tools were called with, a line each. */
  readonly calls: () => Promise<readonly string[]>;
}

/** Opens one in `folder`, which is empty. `curve` is the public key that its agent makes at its first start. */
export async function openFakeBoard(folder: string, curve: string): Promise<FakeBoard> {
  const root = join(folder, "root");
  const [bin, log, keys] = [join(folder, "bin"), join(folder, "calls"), join(folder, "keys")];
  for (const each of [
    bin,
    keys,
    join(root, "etc/hedgerow"),
    join(root, "var/lib/hedgerow"),
    join(root, "run/systemd/system"),
  ])
    await mkdir(each, { recursive: true });
  await writeFile(log, "");
  await writeFile(
    join(root, "etc/hedgerow/node.conf"),
    "#name = greenhouse-1\ncluster = default\ninterface = auto\n",
  );
  const scripts: Readonly<Record<string, string>> = {
    sudo: `shift; exec "$@"`,
    dpkg: "echo armhf",
    "dpkg-query": `if [ -e ${root}/installed ]; then echo "0.1.0 installed"; fi`,
    "apt-get": `if [ -e ${root}/no-mirror ]; then echo "E: Unable to fetch some archives" >&2; exit 100; fi; eval "file=\\\${$#}"; cp "$file" ${root}/installed`,
    systemctl: `if [ "$1" != restart ]; then exit 0; fi
if [ -e ${root}/sick ]; then echo "Job for hedgerow.service failed" >&2; exit 1; fi
echo "public ${curve}" >${root}/var/lib/hedgerow/curve.key`,
    hedgerow: `case "$1" in
key) exec ${process.execPath} ${HEDGEROW} "$@" ;;
node) echo "  --trust FILE   whom to obey" ;;
doctor) echo '[{"id":"memory","question":"?","verdict":"ok","saw":"512 MiB"},{"id":"clock","question":"?","verdict":"warn","saw":"no source","advice":"install chrony"}]' ;;
esac`,
  };
  for (const [name, script] of Object.entries(scripts)) {
    await writeFile(join(bin, name), `#!/bin/sh\necho ${name} "$@" >>${log}\n${script}\n`);
    await chmod(join(bin, name), 0o755);
  }
  const port = await freePort();
  for (const name of ["host", "user"])
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(keys, name)]);
  const hostKey = await readFile(join(keys, "host.pub"), "utf8");
  await writeFile(join(keys, "known_hosts"), `[127.0.0.1]:${port} ${hostKey}`);
  const settings = [
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    `HostKey ${keys}/host`,
    "PidFile none",
    `AuthorizedKeysFile ${keys}/user.pub`,
    "StrictModes no",
    "UsePAM no",
    "PasswordAuthentication no",
    "Subsystem sftp internal-sftp",
    `SetEnv PATH=${bin}:/usr/sbin:/usr/bin:/sbin:/bin`,
  ];
  await writeFile(join(keys, "sshd_config"), `${settings.join("\n")}\n`);
  if (process.getuid?.() === 0) await mkdir(PRIVILEGE_FOLDER, { recursive: true });
  const sshd = spawn(SSHD, ["-D", "-e", "-f", join(keys, "sshd_config")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  await listening(sshd);
  const user = userInfo().username;
  return {
    target: { host: "127.0.0.1", port, user, identity: join(keys, "user") },
    how: {
      mayAsk: false,
      options: [
        `UserKnownHostsFile=${keys}/known_hosts`,
        "StrictHostKeyChecking=yes",
        "IdentitiesOnly=yes",
      ],
    },
    root,
    calls: async () => (await readFile(log, "utf8")).split("\n").filter(Boolean),
    async [Symbol.asyncDispose]() {
      const ended = once(sshd, "exit");
      if (sshd.exitCode === null && sshd.kill()) await ended;
    },
  };
}

async function listening(sshd: ChildProcess): Promise<void> {
  let said = "";
  await new Promise<void>((resolve, reject) => {
    sshd.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (said.includes("Server listening")) resolve();
    });
    sshd.once("exit", () => reject(new Error(`sshd ended: ${said}`)));
    sshd.once("error", reject);
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}
