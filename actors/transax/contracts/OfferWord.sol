// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

/// An offer is one storage word. From the lowest bit:
///   used 32 | energy 32 | price 32 | first interval 32 | interval mask 64 | feeder 16 | kind 8 | account 32
/// `used` is lowest so that energy is booked by adding to the word. `used` never exceeds `energy`.
/// A word of zero is no offer: every posted offer has energy.
type OfferWord is uint256;

using {
    usedWh, energyWh, leftWh, priceUnits, firstOf, intervalMask, feederOf, isBuy, accountNumber,
    covers, opensAtOrAfter, use, close
} for OfferWord global;

uint256 constant SELL = 0;
uint256 constant BUY = 1;

/// Packs a new offer; nothing of it is used. Every argument must already fit its field.
function packOffer(
    uint256 kind, uint256 energy, uint256 price, uint256 first, uint256 mask, uint256 feeder, uint256 account
) pure returns (OfferWord) {
    return OfferWord.wrap(
        (energy << 32) | (price << 64) | (first << 96) | (mask << 128) | (feeder << 192) | (kind << 208)
            | (account << 216)
    );
}

function usedWh(OfferWord word) pure returns (uint256) {
    return OfferWord.unwrap(word) & 0xffffffff;
}

function energyWh(OfferWord word) pure returns (uint256) {
    return (OfferWord.unwrap(word) >> 32) & 0xffffffff;
}

/// Energy that is neither finalized nor booked.
function leftWh(OfferWord word) pure returns (uint256) {
    unchecked {
        return energyWh(word) - usedWh(word);
    }
}

function priceUnits(OfferWord word) pure returns (uint256) {
    return (OfferWord.unwrap(word) >> 64) & 0xffffffff;
}

function firstOf(OfferWord word) pure returns (uint256) {
    return (OfferWord.unwrap(word) >> 96) & 0xffffffff;
}

/// Bit i stands for the interval `first + i`.
function intervalMask(OfferWord word) pure returns (uint256) {
    return (OfferWord.unwrap(word) >> 128) & 0xffffffffffffffff;
}

function feederOf(OfferWord word) pure returns (uint256) {
    return (OfferWord.unwrap(word) >> 192) & 0xffff;
}

function isBuy(OfferWord word) pure returns (bool) {
    return (OfferWord.unwrap(word) >> 208) & 1 == BUY;
}

function accountNumber(OfferWord word) pure returns (uint256) {
    return (OfferWord.unwrap(word) >> 216) & 0xffffffff;
}

/// 1 in the lowest bit when the offer names `interval`. An interval before the first wraps to a huge
/// shift, which leaves nothing of the mask: no branch is needed.
function covers(OfferWord word, uint256 interval) pure returns (uint256) {
    unchecked {
        return intervalMask(word) >> (interval - firstOf(word));
    }
}

/// Whether the offer names `interval` or a later one.
function opensAtOrAfter(OfferWord word, uint256 interval) pure returns (bool) {
    uint256 first = firstOf(word);
    unchecked {
        return interval <= first || intervalMask(word) >> (interval - first) != 0;
    }
}

/// Books `energy`, which the caller has checked to be at most `leftWh`.
function use(OfferWord word, uint256 energy) pure returns (OfferWord) {
    unchecked {
        return OfferWord.wrap(OfferWord.unwrap(word) + energy);
    }
}

/// Reduces the offer to what was used, so that nothing is left of it.
function close(OfferWord word) pure returns (OfferWord) {
    return OfferWord.wrap(
        (OfferWord.unwrap(word) & ~uint256(0xffffffff00000000)) | (usedWh(word) << 32)
    );
}
