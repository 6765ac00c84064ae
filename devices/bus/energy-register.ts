/**
 * The registers of an electricity meter: what it has counted, and its load profile.
 *
 * Real meters keep the energy of past intervals (DLMS/COSEM, IEC 62056-6-2, class "profile generic"),
 * so a board that was off reads later what it missed, and no reading is lost with a crash.
 */
export interface EnergyRegister {
  /**
   * Energy counted from `fromUtcUs` to `toUtcUs`, both not after now.
   * Whole Wh; the energies of adjoining spans add up.
   */
  energyBetween(fromUtcUs: number, toUtcUs: number): Promise<MeteredEnergy>;
}

/** What passed a meter in a span of time. */
export interface MeteredEnergy {
  /** Taken from the grid, Wh. */
  readonly importedWh: number;
  /** Given to the grid, Wh. */
  readonly exportedWh: number;
}
