// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

/// Words of memory by address and index, and numbers out of calldata. Fresh memory of a transaction is
/// zero beyond the free pointer as long as nothing was freed there; `allocate` clears what it hands out.

/// Takes `count` words of cleared memory and returns the address of the first.
function allocate(uint256 count) pure returns (uint256 start) {
    assembly ("memory-safe") {
        start := mload(0x40)
        let end := add(start, shl(5, count))
        // Copying from beyond the calldata writes zeros.
        calldatacopy(start, calldatasize(), sub(end, start))
        mstore(0x40, end)
    }
}

function loadWord(uint256 start, uint256 index) pure returns (uint256 word) {
    assembly ("memory-safe") {
        word := mload(add(start, shl(5, index)))
    }
}

function storeWord(uint256 start, uint256 index, uint256 word) pure {
    assembly ("memory-safe") {
        mstore(add(start, shl(5, index)), word)
    }
}

/// A packed argument ends in the middle of a record, or is too long.
error BadLength();

/// The number in the `size` (1 to 32) bytes from `at` on. Refuses with BadLength.
function readBytes(bytes calldata data, uint256 place, uint256 size) pure returns (uint256) {
    if (place + size > data.length) revert BadLength();
    return readUnchecked(data, place, size);
}

/// The same for a place that the caller has checked.
function readUnchecked(bytes calldata data, uint256 place, uint256 size) pure returns (uint256 value) {
    assembly ("memory-safe") {
        value := shr(sub(256, shl(3, size)), calldataload(add(data.offset, place)))
    }
}
