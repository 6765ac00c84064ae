// For tests: a contract with storage, events, errors and a loop, as solc 0.8.37 compiles it for london
// with the optimiser at 200 runs and without metadata:
//
//   // SPDX-License-Identifier: Apache-2.0
//   pragma solidity ^0.8.20;
//   contract Notebook {
//     mapping(uint256 => uint256) public notes;
//     uint256 public count;
//     event Noted(address indexed by, uint256 indexed key, uint256 value);
//     error Refused(uint256 key);
//     function note(uint256 key, uint256 value) external payable {
//       if (value == 13) revert Refused(key);
//       require(value != 14, "unlucky");
//       notes[key] = value;
//       count += 1;
//       emit Noted(msg.sender, key, value);
//     }
//     function clear(uint256 key) external { delete notes[key]; }
//     function hash(uint256 number) external view returns (bytes32) { return blockhash(number); }
//     function time() external view returns (uint256, uint256) { return (block.timestamp, block.number); }
//     function spin(uint256 gasLeft) external { uint256 i; while (gasleft() > gasLeft) { i++; } notes[i] = i; }
//     function pass(uint256 key, uint256 value) external { this.note{gas: 120000}(key, value); }
//   }

/** Bytes that make a Notebook. */
export const NOTEBOOK_CODE =
  "0x" +
  "6080604052348015600f57600080fd5b506103718061001f6000396000f3fe60806040526004361061007b57" +
  "60003560e01c8063a5b6ea8f1161004e578063a5b6ea8f14610118578063b189fd4c14610138578063c0fe1a" +
  "f814610157578063fd7710691461018357600080fd5b80630573ea941461008057806306661abd146100a257" +
  "806316ada547146100cb57806361c3a7e6146100eb575b600080fd5b34801561008c57600080fd5b506100a0" +
  "61009b3660046102ee565b610196565b005b3480156100ae57600080fd5b506100b860015481565b60405190" +
  "81526020015b60405180910390f35b3480156100d757600080fd5b5060408051428152436020820152016100" +
  "c2565b3480156100f757600080fd5b506100b8610106366004610310565b6000602081905290815260409020" +
  "5481565b34801561012457600080fd5b506100a0610133366004610310565b6101f8565b3480156101445760" +
  "0080fd5b506100b8610153366004610310565b4090565b34801561016357600080fd5b506100a06101723660" +
  "04610310565b600090815260208190526040812055565b6100a06101913660046102ee565b610227565b6040" +
  "5163fd77106960e01b81526004810183905260248101829052309063fd771069906201d4c090604401600060" +
  "405180830381600088803b1580156101db57600080fd5b5087f11580156101ef573d6000803e3d6000fd5b50" +
  "505050505050565b60005b815a1115610215578061020d8161033f565b9150506101fb565b60008181526020" +
  "819052604090205550565b80600d036102505760405163590a515160e01b8152600481018390526024015b60" +
  "405180910390fd5b80600e0361028a5760405162461bcd60e51b815260206004820152600760248201526675" +
  "6e6c75636b7960c81b6044820152606401610247565b60008281526020819052604081208290556001805490" +
  "9182916102ae908390610358565b9091555050604051818152829033907fe2c07437408afdb66a9483ce3fb2" +
  "ae2365de0070d89ec17635c6be5ce1cfaaff9060200160405180910390a35050565b60008060408385031215" +
  "61030157600080fd5b50508035926020909101359150565b60006020828403121561032257600080fd5b5035" +
  "919050565b634e487b7160e01b600052601160045260246000fd5b6000600182016103515761035161032956" +
  "5b5060010190565b8082018082111561036b5761036b610329565b9291505056";

/** Interface of Notebook, for clients that read ABI. */
export const NOTEBOOK_ABI = [{"inputs": [{"internalType": "uint256", "name": "key", "type": "uint256"}], "name": "Refused", "type": "error"}, {"anonymous": false, "inputs": [{"indexed": true, "internalType": "address", "name": "by", "type": "address"}, {"indexed": true, "internalType": "uint256", "name": "key", "type": "uint256"}, {"indexed": false, "internalType": "uint256", "name": "value", "type": "uint256"}], "name": "Noted", "type": "event"}, {"inputs": [{"internalType": "uint256", "name": "key", "type": "uint256"}], "name": "clear", "outputs": [], "stateMutability": "nonpayable", "type": "function"}, {"inputs": [], "name": "count", "outputs": [{"internalType": "uint256", "name": "", "type": "uint256"}], "stateMutability": "view", "type": "function"}, {"inputs": [{"internalType": "uint256", "name": "number", "type": "uint256"}], "name": "hash", "outputs": [{"internalType": "bytes32", "name": "", "type": "bytes32"}], "stateMutability": "view", "type": "function"}, {"inputs": [{"internalType": "uint256", "name": "key", "type": "uint256"}, {"internalType": "uint256", "name": "value", "type": "uint256"}], "name": "note", "outputs": [], "stateMutability": "payable", "type": "function"}, {"inputs": [{"internalType": "uint256", "name": "", "type": "uint256"}], "name": "notes", "outputs": [{"internalType": "uint256", "name": "", "type": "uint256"}], "stateMutability": "view", "type": "function"}, {"inputs": [{"internalType": "uint256", "name": "key", "type": "uint256"}, {"internalType": "uint256", "name": "value", "type": "uint256"}], "name": "pass", "outputs": [], "stateMutability": "nonpayable", "type": "function"}, {"inputs": [{"internalType": "uint256", "name": "gasLeft", "type": "uint256"}], "name": "spin", "outputs": [], "stateMutability": "nonpayable", "type": "function"}, {"inputs": [], "name": "time", "outputs": [{"internalType": "uint256", "name": "", "type": "uint256"}, {"internalType": "uint256", "name": "", "type": "uint256"}], "stateMutability": "view", "type": "function"}] as const;
