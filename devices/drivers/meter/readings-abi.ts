/** What a contract offers that takes meter readings; actors/transax has one. */
export const readingsAbi = [
  {
    type: "function",
    name: "submitReadings",
    stateMutability: "nonpayable",
    inputs: [
      { name: "firstInterval", type: "uint32" },
      { name: "readings", type: "bytes" },
    ],
    outputs: [],
  },
  {
    type: "function",
    name: "accountOf",
    stateMutability: "view",
    inputs: [{ name: "owner", type: "address" }],
    outputs: [{ name: "account", type: "uint32" }],
  },
  {
    type: "function",
    name: "nextReading",
    stateMutability: "view",
    inputs: [{ name: "number", type: "uint32" }],
    outputs: [{ name: "", type: "uint32" }],
  },
  {
    type: "error",
    name: "ReadingOutOfOrder",
    inputs: [{ name: "nextReading", type: "uint32" }],
  },
] as const;
