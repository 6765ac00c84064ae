import { spawn } from "node:child_process";

/** What systemd tells a service of itself. Source: sd_notify(3), sd_watchdog_enabled(3). */
interface Environment {
  NOTIFY_SOCKET?: string | undefined;
  WATCHDOG_USEC?: string | undefined;
  WATCHDOG_PID?: string | undefined;
}

/** Signs of life in each period of the watchdog: one may be late. */
const SIGNS_PER_PERIOD = 3;

/**
 * Tells the service manager that this process is ready, and that it is alive for as long as its event loop turns.
 * Does nothing where nobody asked. Node has no datagrams on Unix sockets, and this project no compiled part of its own:
 * systemd's program for shells says it, in the name of the service (`NotifyAccess=all`). The environment is cleared,
 * so that no child speaks for its parent. @param program for tests.
 */
export class ServiceManager implements Disposable {
  readonly #socket: string | undefined;
  readonly #watchdogUs: number;
  readonly #program: string;
  #timer: NodeJS.Timeout | undefined;

  constructor(environment: Environment = process.env, program = "systemd-notify") {
    this.#socket = environment.NOTIFY_SOCKET;
    this.#watchdogUs = Number(environment.WATCHDOG_USEC ?? 0);
    this.#program = program;
    delete environment.NOTIFY_SOCKET;
    delete environment.WATCHDOG_USEC;
    delete environment.WATCHDOG_PID;
  }

  /** The service does what it is there for. */
  ready(): void {
    this.#say("READY=1");
    if (this.#watchdogUs <= 0 || this.#timer !== undefined) return;
    const everyMs = this.#watchdogUs / 1_000 / SIGNS_PER_PERIOD;
    this.#timer = setInterval(() => this.#say("WATCHDOG=1"), everyMs).unref();
  }

  /** It begins to end. */
  stopping(): void {
    this.#say("STOPPING=1");
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #say(state: string): void {
    if (this.#socket === undefined) return;
    const env = { ...process.env, NOTIFY_SOCKET: this.#socket };
    const child = spawn(this.#program, [state], { env, stdio: "ignore" });
    // Without the program the manager hears nothing, and ends us with its own words in the journal.
    child.on("error", () => undefined);
    child.unref();
  }
}
