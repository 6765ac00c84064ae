/**
 * The times of membership, and why these.
 *
 * Detection. Each board probes its WATCHED_COUNT successors on a ring of hashed names in turn, one every
 * PROBE_INTERVAL_MS: so each board is probed by k = 3 others, each once in k * 200 = 600 ms, at phases that
 * know nothing of each other. From a death to the first probe that fails passes the least of k uniform
 * times: median 600 * (1 - 0.5^(1/3)) = 124 ms, p99 600 * (1 - 0.01^(1/3)) = 471 ms. Random targets at
 * the same price would give an exponential time of mean 200 ms: p99 921 ms, too long. A probe that nobody
 * answers ends WINDOW_MS after its first ping, and the word goes round in milliseconds. So loss is known at
 * p50 1.03 + 0.12 = 1.15 s and p99 1.03 + 0.47 = 1.50 s.
 * Patience. A board that stands still for 1.0 s answers what has piled up as soon as it goes on: within
 * WINDOW_MS of the earliest ping that it can have missed, with 30 ms to spare.
 * False alarms. With loss p a ping and its answer fail with q = 1 - (1 - p)^2, through a helper with
 * h = 1 - (1 - p)^4. In one window there are 17 direct attempts (the longer window), and 19 through helpers. At p = 0.1, q = 0.19,
 * h = 0.344: q^17 = 5e-13, times h^19 = 2e-9. A board is probed 1.6e8 times a year: 9e-5 false alarms a
 * board-year when there is no helper (two boards), 1e-13 where there are four. See `falseAlarmsPerBoardYear`,
 * which the bench holds against simulations at rates of loss where alarms are frequent enough to be counted.
 * Traffic. Ten packets a second (5 pings and acks asked, as many answered) of about 170 bytes with all headers:
 * 1.7 KB/s, whatever the number of boards. Broadcasts slow down with their number: one a second on the segment.
 * At 10 % loss second attempts and single helpers add 0.3 KB/s, and one ping in five has no answer to pay for.
 * A suspicion is told to all, so it must be rare: q^7 h^4 of the probes, at 10 % loss one in a month for each board.
 * Sources: Das, Gupta, Motivala, "SWIM", DSN 2002; Dadgar, Phillips, Currey, "Lifeguard", 2017
 * (arXiv 1707.00788); observers on a ring: Suresh et al., "Rapid", USENIX ATC 2018, section 4.
 */

/** One probe begins so often, in ms. */
export const PROBE_INTERVAL_MS = 200;
/** How many boards each board watches, and how many watch it. */
export const WATCHED_COUNT = 3;
/** From the first ping of a probe until its target is lost, in ms. */
export const WINDOW_MS = 1_030;
/** The second attempt comes so long after the first, in ms. */
export const PATIENCE_MS = 50;
/** Further attempts come so often, in ms. */
export const RETRY_INTERVAL_MS = 75;
/** So long after the first ping the target is called suspect, and everybody hears of it, in ms. */
export const SUSPECT_AFTER_MS = 450;
/** Others that are asked to try, each time; see helpersAt. */
export const HELPERS_COUNT = 3;
/** A helper that gets no answer for so long says so, in ms. */
export const NACK_AFTER_MS = 80;
/**
 * Nobody is lost on another's word who was not suspect for so long, in ms: whoever can object has had the time.
 * The watcher's own suspicion is 600 ms old when it ends.
 */
export const OBJECTION_MS = 500;
/** A suspicion that nobody resolved is looked into after so long, in ms. */
export const SUSPICION_MS_MAX = 3_000;
/** Silence of all others for so long means that this board is cut off, in ms. */
export const ISOLATION_MS = 1_600;
/** A loop that wakes so much later than it asked for was not running, in ms: nobody's time ran either. */
export const LATE_MS = 50;
/** When so many of the first pings go unanswered that come to an answer later, 0 to 1, the network is a lossy one. */
export const RETRY_RATE_HIGH = 0.05;
/** There the window is longer, in ms: the first pings may be lost just before the target stands still for a second. */
export const LOSSY_WINDOW_MS = 150;
/** Largest score of local health; the window grows by half of its length with each point. */
export const HEALTH_SCORE_MAX = 4;
/** How often one of the dead is tried, in ms. */
export const DEAD_TRY_INTERVAL_MS = 1_000;
/** How long the dead are remembered and tried, in ms; those who said goodbye are not tried. */
export const DEAD_KEPT_MS = 3_600_000;
/** How long the board calls often after its start, or after a change of its interfaces, in ms. */
export const CALLING_MS = 3_000;
/** How often it calls then, in ms; with many boards less often: see helloIntervalMs. */
export const CALL_INTERVAL_MS = 300;
/** How often a board says hello when all is quiet, in ms. */
export const HELLO_INTERVAL_MS = 4_000;
/** Fingerprints of tables are compared after so long without a change, in ms. */
export const SETTLED_MS = 300;
/** How often a random member gets the fingerprint of our table, in ms. */
export const COMPARE_INTERVAL_MS = 5_000;

/** When the next hello is due, in ms: all boards of a segment together say one a second when all is quiet. */
export function helloIntervalMs(boardCount: number, isCalling: boolean): number {
  return isCalling
    ? Math.max(CALL_INTERVAL_MS, boardCount * 10)
    : Math.max(HELLO_INTERVAL_MS, boardCount * 1_000);
}

/**
 * How many others are asked along with the `attempt`-th ping, which counts from 0. A single loss is the rule
 * on a bad network and is answered by the second ping alone: asking costs four packets for each helper.
 */
export function helpersAt(attempt: number): number {
  if (attempt === 3) return 1;
  return attempt > 3 && attempt % 2 === 1 ? HELPERS_COUNT : 0;
}

/** The window of a board of this health, whose first pings go unanswered at this rate. */
export function windowMs(healthScore: number, retryRate = 0): number {
  const lossyMs = retryRate >= RETRY_RATE_HIGH ? LOSSY_WINDOW_MS : 0;
  return (WINDOW_MS + lossyMs) * (1 + healthScore / 2);
}

/** How often one piece of news is sent on: grows with the logarithm of the number of boards. */
export function transmissionsMax(boardCount: number): number {
  return 2 * Math.ceil(Math.log2(boardCount + 1)) + 2;
}

/**
 * False alarms about one board in a year, when datagrams are lost independently with `lossRate` and a
 * watcher has up to HELPERS_COUNT helpers; see the model above.
 */
export function falseAlarmsPerBoardYear(lossRate: number, boardCount: number): number {
  const helperCount = Math.min(HELPERS_COUNT, boardCount - 2);
  const directFails = 1 - (1 - lossRate) ** 2;
  const helperFails = 1 - (1 - lossRate) ** 4;
  // In the long run the watchers know what network they are on.
  const patientMs = windowMs(0, directFails) - PATIENCE_MS - 1;
  const retryCount = Math.floor(patientMs / RETRY_INTERVAL_MS) + 1;
  const probesPerYear = (365.25 * 86_400_000) / PROBE_INTERVAL_MS;
  let helpedCount = 0;
  for (let attempt = 1; attempt <= retryCount; attempt += 1)
    helpedCount += Math.min(helperCount, helpersAt(attempt));
  return probesPerYear * directFails ** (1 + retryCount) * helperFails ** helpedCount;
}
