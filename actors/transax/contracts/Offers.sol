// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import "./Members.sol";
import "./OfferWord.sol";
import "./Words.sol";

/// Offers and the money that they set aside.
abstract contract Offers is Members {
    /// Posts the offers of one plan of the caller. A plan's number must be greater than that of the plan
    /// before, so a plan that is sent twice after a crash counts once.
    /// `packed`: 21 bytes each: kind 1 (0 sells, 1 buys), Wh 4, units per Wh 4, first interval 4, mask 8.
    /// Bit 0 of a mask must be set. Energy is at most the meter's limit times the number of intervals; a
    /// buyer's energy times price is set aside.
    function postOffers(uint32 plan, bytes calldata packed) external {
        uint256 account = callersAccount();
        Account storage a = accounts[account];
        uint32 newest = a.lastPlan;
        if (plan <= newest) revert PlanNotNewer(newest);
        a.lastPlan = plan;
        if (packed.length % OFFER_BYTES != 0) revert BadLength();
        uint256 id = progress.offerCount;
        uint256 escrow = 0;
        Poster memory poster =
            Poster(account, a.feeder, a.productionLimitWh, a.consumptionLimitWh, openFrom());
        unchecked {
            for (uint256 place = 0; place < packed.length; place += OFFER_BYTES) {
                OfferWord word = checkedOffer(poster, readUnchecked(packed, place, OFFER_BYTES));
                offers[++id] = word;
                // At most 2^64 each: the sum of what fits into a transaction cannot wrap.
                if (word.isBuy()) escrow += word.energyWh() * word.priceUnits();
                emitOffer(id, word);
            }
        }
        progress.offerCount = uint32(id);
        if (escrow != 0) {
            uint256 have = a.balanceUnits;
            if (escrow > have) revert BalanceTooSmall(have, escrow);
            a.balanceUnits = uint96(have - escrow);
            a.escrowUnits += uint96(escrow);
        }
    }

    /// What offers are checked against, read from storage once.
    struct Poster {
        uint256 account;
        uint256 feeder;
        uint256 productionLimitWh;
        uint256 consumptionLimitWh;
        uint256 openFrom;
    }

    function checkedOffer(Poster memory poster, uint256 packed) private pure returns (OfferWord) {
        uint256 kind = packed >> 160;
        uint256 energy = (packed >> 128) & 0xffffffff;
        uint256 first = (packed >> 64) & 0xffffffff;
        uint256 mask = packed & 0xffffffffffffffff;
        if (kind > BUY) revert BadKind(kind);
        if (energy == 0) revert NoEnergy();
        if (mask & 1 == 0) revert BadMask();
        if (first < poster.openFrom) revert IntervalClosed(first);
        unchecked {
            uint256 limit =
                (kind == BUY ? poster.consumptionLimitWh : poster.productionLimitWh) * bitCount(mask);
            if (energy > limit) revert OverMeterLimit(energy, limit);
        }
        return packOffer(kind, energy, (packed >> 96) & 0xffffffff, first, mask, poster.feeder, poster.account);
    }

    /// Emits OfferPosted; by hand, since this is done for every offer.
    function emitOffer(uint256 id, OfferWord word) private {
        bytes32 topic = OfferPosted.selector;
        // The layout of a word is OfferWord.sol's.
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore(data, id)
            mstore(add(data, 32), and(shr(208, word), 0xff))
            mstore(add(data, 64), and(shr(192, word), 0xffff))
            mstore(add(data, 96), and(shr(32, word), 0xffffffff))
            mstore(add(data, 128), and(shr(64, word), 0xffffffff))
            mstore(add(data, 160), and(shr(96, word), 0xffffffff))
            mstore(add(data, 192), and(shr(128, word), 0xffffffffffffffff))
            log2(data, 224, topic, shr(216, word))
        }
    }

    /// How many bits of a 64-bit word are set: sums of pairs, of fours, of bytes, then of all bytes.
    function bitCount(uint256 x) private pure returns (uint256) {
        unchecked {
            x = x - ((x >> 1) & 0x5555555555555555);
            x = (x & 0x3333333333333333) + ((x >> 2) & 0x3333333333333333);
            x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0f;
            return ((x * 0x0101010101010101) >> 56) & 0xff;
        }
    }

    /// Gives back what buying offers hold whose last interval is final. Anybody may call; selling offers
    /// and offers that hold nothing are passed over.
    function releaseOffers(uint32[] calldata ids) external {
        Progress memory state = progress;
        for (uint256 i = 0; i < ids.length; ++i) {
            uint256 id = ids[i];
            if (id == 0 || id > state.offerCount) revert OfferUnknown(id);
            OfferWord word = offers[id];
            if (word.opensAtOrAfter(state.nextFinal)) revert OfferStillOpen(id);
            uint256 units = release(id, word);
            if (units != 0) emit OfferReleased(uint32(id), uint32(word.accountNumber()), units);
        }
    }

    /// Gives back the escrow of an offer whose intervals are all final; nothing for one that holds none.
    function release(uint256 id, OfferWord word) internal returns (uint256 units) {
        units = word.isBuy() ? word.leftWh() * word.priceUnits() : 0;
        if (units == 0) return 0;
        offers[id] = word.close();
        moveEscrow(accounts[word.accountNumber()], units, units);
    }

    /// Takes `units` out of an account's escrow; `freeUnits` of them become its free money. An escrow covers
    /// what is left of all its offers, so neither can wrap.
    function moveEscrow(Account storage a, uint256 units, uint256 freeUnits) internal {
        unchecked {
            a.escrowUnits -= uint96(units);
            a.balanceUnits += uint96(freeUnits);
        }
    }
}
