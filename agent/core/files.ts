/** Files that a program writes from start to end, such as recordings. Bodies: agent/io and agent/sim. */
export interface Files {
  /**
   * Makes the file `name`, in place of an earlier one of that name.
   * @throws AgentError FILE_NAME_INVALID: letters, digits, ".", "_" and "-", not starting with a point.
   */
  create(name: string): Promise<FileWriter>;
  /** Its bytes, piece by piece, as far as they were written. @throws AgentError FILE_MISSING, FILE_NAME_INVALID */
  read(name: string): AsyncIterable<Uint8Array>;
}

/** A file that is being written; disposal waits until the system has it all. */
export interface FileWriter extends AsyncDisposable {
  /** Resolves when the system has taken `bytes`; calls may overlap and keep their order. */
  write(bytes: Uint8Array): Promise<void>;
}

/** Whether a file may be called so. */
export function isFileName(name: string): boolean {
  return /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/.test(name);
}
