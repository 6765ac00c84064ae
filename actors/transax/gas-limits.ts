/**
 * Gas to sign for, where the amount of work is known: above what each call was measured to use
 * (contracts/market-gas.test.ts), so that nothing has to be tried out before it is sent. What is not
 * used is not paid.
 */
export const GAS = {
  registerProsumer: 160_000,
  deposit: 80_000,
  postOffers: (offerCount: number): number => 90_000 + 40_000 * offerCount,
  finalize: (tradeCount: number): number => 100_000 + 30_000 * tradeCount,
} as const;
