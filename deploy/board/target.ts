/** Architectures of boards, as Debian names them. */
export const ARCHITECTURES = ["armhf", "arm64", "amd64"] as const;

/** One of them. */
export type Architecture = (typeof ARCHITECTURES)[number];

/** How one architecture is built for, and run on a machine of another one. */
export interface Target {
  readonly architecture: Architecture;
  /** Prefix of GNU's tools, and name of the folder for libraries, as Debian has them. */
  readonly triplet: string;
  /** Debian package with the compiler. */
  readonly compilerPackage: string;
  /** As node names it in `process.arch`. */
  readonly nodeArchitecture: string;
  /** The emulator's name, without "qemu-"; undefined: none is needed on a PC. */
  readonly emulator: string | undefined;
}

/** What is known of each architecture. */
export const TARGETS: Readonly<Record<Architecture, Target>> = {
  armhf: {
    architecture: "armhf",
    triplet: "arm-linux-gnueabihf",
    compilerPackage: "crossbuild-essential-armhf",
    nodeArchitecture: "arm",
    emulator: "arm",
  },
  arm64: {
    architecture: "arm64",
    triplet: "aarch64-linux-gnu",
    compilerPackage: "crossbuild-essential-arm64",
    nodeArchitecture: "arm64",
    emulator: "aarch64",
  },
  amd64: {
    architecture: "amd64",
    triplet: "x86_64-linux-gnu",
    compilerPackage: "build-essential",
    nodeArchitecture: "x64",
    emulator: undefined,
  },
};

/** Debian's release on the boards: the one whose Node is new enough and still made for armv7. */
export const SUITE = "trixie";

/** Node's version of its binary interface in that release; compiled parts fit this one only. */
export const NODE_ABI = 115;
