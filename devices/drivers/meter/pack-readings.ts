/** Net energies as the contract takes them: signed 32-bit big-endian integers, one after the other. */
export function packReadings(netWh: readonly number[]): `0x${string}` {
  const digits = netWh.map((wh) => (wh >>> 0).toString(16).padStart(8, "0"));
  return `0x${digits.join("")}`;
}
