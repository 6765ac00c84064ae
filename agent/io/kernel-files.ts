import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeSync,
} from "node:fs";

/**
 * The files through which the kernel talks, below /proc and in control groups. Calls do not wait for a
 * disk, so they are synchronous. Errors carry `code`, such as "ENOENT" or "EACCES".
 */
export interface KernelFiles {
  read(path: string): string;
  /** Writes to a file that exists. */
  write(path: string, text: string): void;
  list(folder: string): readonly string[];
  /** Makes a folder; one that exists is left as it is. */
  makeFolder(path: string): void;
  removeFolder(path: string): void;
}

/** Those of this system. */
export const kernelFiles: KernelFiles = {
  read: (path) => readFileSync(path, "utf8"),
  write(path, text) {
    // Not made when missing, and in one piece: the kernel takes one call for one command.
    const descriptor = openSync(path, constants.O_WRONLY);
    try {
      writeSync(descriptor, text);
    } finally {
      closeSync(descriptor);
    }
  },
  list: (folder) => readdirSync(folder),
  makeFolder(path) {
    mkdirSync(path, { recursive: true });
  },
  removeFolder: rmdirSync,
};

/** What `read` gives; undefined when it fails, as it does when a process or a group has gone. */
export function readIfThere(files: KernelFiles, path: string): string | undefined {
  return unlessRefused(() => files.read(path));
}

/** What `ask` gives; undefined when the kernel refuses. Any other error is a bug and passes on. */
export function unlessRefused<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch (error) {
    refusalOf(error);
    return undefined;
  }
}

/** The kernel's code of a refusal, such as "EBUSY". Any other error is a bug and passes on. */
export function refusalOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (typeof code !== "string" || !/^E[A-Z0-9]+$/.test(code)) throw error;
  return code;
}
