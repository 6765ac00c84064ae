/**
 * The registers of an electricity meter: two counts of energy that only grow.
 *
 * Real meters count so (SunSpec models 203 and 701: import and export accumulators), so the energy of
 * an interval is a difference of two readings, and a reading that was missed costs nothing.
 */
export interface EnergyRegister {
  /** What the meter has counted up to now. */
  read(): Promise<EnergyReading>;
}

/** Two accumulators, in Wh since the meter was made. */
export interface EnergyReading {
  /** Energy taken from the grid. */
  readonly importedWh: number;
  /** Energy given to the grid. */
  readonly exportedWh: number;
}
