import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { type Architecture, TARGETS, type Target } from "./target.ts";

const REGISTRATIONS = "/proc/sys/fs/binfmt_misc";

/** ELF class and machine of programs that an emulator is for. Source: elf(5), System V gABI e_machine. */
const ELF: Readonly<
  Partial<Record<Architecture, { readonly class: number; readonly machine: number }>>
> = {
  armhf: { class: 1, machine: 0x28 },
  arm64: { class: 2, machine: 0xb7 },
};

/** The emulator that needs nothing from the root file system in which it is used. */
export function emulatorPath({ emulator }: Target): string | undefined {
  return emulator === undefined ? undefined : `/usr/bin/qemu-${emulator}-static`;
}

/**
 * Makes the kernel run programs of `architecture`, by qemu where this machine is another one. What is registered
 * already is left as it is. Returns why it cannot be, with what to do; undefined when it is.
 */
export function runsForeignPrograms(architecture: Architecture): string | undefined {
  const target = TARGETS[architecture];
  const emulator = emulatorPath(target);
  const elf = ELF[architecture];
  if (target.nodeArchitecture === process.arch || emulator === undefined || elf === undefined)
    return undefined;
  const name = `qemu-${target.emulator ?? ""}`;
  if (existsSync(`${REGISTRATIONS}/${name}`)) {
    const [state] = readFileSync(`${REGISTRATIONS}/${name}`, "utf8").split("\n");
    return state === "enabled" ? undefined : `${REGISTRATIONS}/${name} is disabled: echo 1 > it`;
  }
  if (!existsSync(emulator)) return `needs ${emulator}: apt-get install qemu-user-static`;
  if (process.getuid?.() !== 0) return "needs root, once, to register the emulator with the kernel";
  try {
    if (!existsSync(`${REGISTRATIONS}/register`))
      execFileSync("mount", ["-t", "binfmt_misc", "none", REGISTRATIONS], { stdio: "pipe" });
    writeFileSync(`${REGISTRATIONS}/register`, registration(name, elf, emulator), "latin1");
  } catch (error) {
    return `the kernel does not take an emulator (binfmt_misc): ${String(error)}`;
  }
  return undefined;
}

/**
 * A line for the kernel: the first 20 bytes of such a program, which of their bits count, and who runs it. Flag F
 * opens the emulator now, so that a changed root does not need it; P hands on the program's own name.
 * Source: kernel.org admin-guide/binfmt-misc.
 */
function registration(
  name: string,
  elf: { readonly class: number; readonly machine: number },
  emulator: string,
): string {
  const magic = [0x7f, 0x45, 0x4c, 0x46, elf.class, 1, 1, ...Array<number>(9).fill(0), 2, 0];
  const mask = [...Array<number>(7).fill(0xff), 0, ...Array<number>(8).fill(0xff), 0xfe, 0xff];
  const escaped = (bytes: readonly number[]): string =>
    bytes.map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
  const magicText = escaped([...magic, elf.machine, 0]);
  return `:${name}:M::${magicText}:${escaped([...mask, 0xff, 0xff])}:${emulator}:FP`;
}
