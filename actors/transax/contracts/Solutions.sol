// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import "./MarketState.sol";
import "./OfferWord.sol";
import "./Words.sol";

/// Verification of solutions, and the candidate.
abstract contract Solutions is MarketState {
    /// Tables of one verification, as addresses in memory.
    struct Tables {
        /// One word per listed offer, with its number in place of its account.
        uint256 offers;
        uint256 offerCount;
        /// One word per feeder: sold << 128 | bought, for the interval at hand.
        uint256 sums;
        /// One word per feeder: its limits as stored; 0: no listed offer is there.
        uint256 limits;
        /// The largest number of a feeder, plus one.
        uint256 feederCount;
        /// Pairs of words per interval: its number, the hash of its trades.
        uint256 links;
        uint256 linkCount;
        /// Trades of the interval at hand, 16 bytes each: twice the size of the assignments.
        uint256 trades;
    }

    /// Where verification stands inside one interval.
    struct Place {
        uint256 interval;
        uint256 price;
        /// End of the present price's assignments in the chunks.
        uint256 end;
        /// Address in memory behind the last trade written.
        uint256 tradesEnd;
    }

    /// Verifies a solution and makes it the candidate if it trades more than what is left of the present one.
    /// `offerList`: the offers used, 4 bytes each, strictly ascending: else one could be counted twice.
    /// `chunks`, per interval in ascending order: interval 4, number of prices 2; per price: units per Wh 4,
    /// number of assignments 2; per assignment: index of the seller in the list 2, of the buyer 2, Wh 4.
    function postSolution(bytes calldata offerList, bytes calldata chunks) external {
        Tables memory tables = loadOffers(offerList);
        tables.trades = allocate(chunks.length / 16 + 2);
        uint256 total = 0;
        uint256 place = 0;
        uint256 earliest = progress.nextFinal;
        uint256 last = earliest + horizonIntervals;
        while (place < chunks.length) {
            uint256 head = readBytes(chunks, place, 6);
            uint256 interval = head >> 16;
            if (interval < earliest) {
                if (tables.linkCount != 0) revert ChunksNotAscending();
                revert IntervalClosed(interval);
            }
            if (interval > last) revert BeyondHorizon(interval);
            earliest = interval + 1;
            uint256 energy;
            (place, energy) = verifyChunk(tables, chunks, place + 6, head);
            if (energy == 0) revert NoEnergy();
            total += energy;
        }
        uint256 best = progress.candidateWh;
        if (total <= best) revert NotBetter(best, total);
        storeCandidate(tables, total);
        emit SolutionPosted(msg.sender, uint64(total), offerList, chunks);
    }

    /// Reads the listed offers and their feeders' limits into memory.
    function loadOffers(bytes calldata list) private view returns (Tables memory tables) {
        if (list.length % 4 != 0 || list.length > 4 * 65536) revert BadLength();
        uint256 count = list.length / 4;
        uint256 free = allocate(count);
        tables.offers = free;
        tables.offerCount = count;
        uint256 before = 0;
        uint256 feederCount = 0;
        unchecked {
            for (uint256 i = 0; i < count; ++i) {
                uint256 id = readUnchecked(list, 4 * i, 4);
                if (id <= before) revert OfferListNotAscending();
                before = id;
                uint256 word = OfferWord.unwrap(offers[id]);
                storeWord(free, i, (word & ((1 << 216) - 1)) | (id << 216));
                uint256 feeder = OfferWord.wrap(word).feederOf();
                if (feeder >= feederCount) feederCount = feeder + 1;
            }
        }
        if (before > progress.offerCount) revert OfferUnknown(before);
        tables.feederCount = feederCount;
        tables.sums = allocate(feederCount);
        tables.limits = allocate(feederCount);
        loadLimits(free, count, tables.limits);
        tables.links = allocate(2 * (uint256(horizonIntervals) + 1));
    }

    function loadLimits(uint256 list, uint256 count, uint256 limits) private view {
        unchecked {
            for (uint256 i = 0; i < count; ++i) {
                uint256 feeder = OfferWord.wrap(loadWord(list, i)).feederOf();
                if (loadWord(limits, feeder) == 0) storeWord(limits, feeder, feeders[feeder]);
            }
        }
    }

    /// Checks one interval, books its energy and writes down its trades' hash. `head`: interval << 16 | prices.
    function verifyChunk(Tables memory tables, bytes calldata chunks, uint256 place, uint256 head)
        private
        pure
        returns (uint256, uint256 energy)
    {
        Place memory p = Place(head >> 16, 0, 0, tables.trades);
        unchecked {
            for (uint256 groups = head & 0xffff; groups != 0; --groups) {
                uint256 group = readBytes(chunks, place, 6);
                place += 6;
                p.price = group >> 16;
                p.end = place + 8 * (group & 0xffff);
                if (p.end > chunks.length) revert BadLength();
                (uint256 booked, uint256 badPlace) = bookGroup(tables, p, chunks, place);
                if (badPlace != 0) refuseAssignment(tables, p, readUnchecked(chunks, badPlace, 8));
                energy += booked;
                place = p.end;
            }
        }
        verifyLimits(tables, p.interval);
        uint256 start = tables.trades;
        uint256 tradesEnd = p.tradesEnd;
        if (tradesEnd - start > TRADE_BYTES * ASSIGNMENTS_MAX) revert TooManyAssignments(p.interval);
        uint256 tradesHash;
        assembly ("memory-safe") {
            tradesHash := keccak256(start, sub(tradesEnd, start))
        }
        uint256 n = 2 * tables.linkCount;
        storeWord(tables.links, n, p.interval);
        storeWord(tables.links, n + 1, tradesHash);
        tables.linkCount += 1;
        return (place, energy);
    }

    /// Checks and books the assignments of one price, from `place` to `p.end`, and writes their trades down.
    /// Returns where it met a wrong one, else 0. The one hot loop: all checks are folded into one branch, and
    /// refuseAssignment finds out which of them failed.
    function bookGroup(Tables memory tables, Place memory p, bytes calldata chunks, uint256 place)
        private
        pure
        returns (uint256 booked, uint256 badPlace)
    {
        uint256 list = tables.offers;
        uint256 count = tables.offerCount;
        uint256 sums = tables.sums;
        uint256 end = p.end;
        uint256 interval = p.interval;
        uint256 price = p.price;
        uint256 trade = p.tradesEnd;
        // The layout of a word is OfferWord.sol's.
        assembly ("memory-safe") {
            for {} lt(place, end) { place := add(place, 8) } {
                let packed := shr(192, calldataload(add(chunks.offset, place)))
                let energy := and(packed, 0xffffffff)
                let sellerAt := shr(48, packed)
                let buyerAt := and(shr(32, packed), 0xffff)
                // First, since what lies beyond the list is other memory.
                if iszero(and(lt(sellerAt, count), lt(buyerAt, count))) {
                    badPlace := place
                    break
                }
                sellerAt := add(list, shl(5, sellerAt))
                buyerAt := add(list, shl(5, buyerAt))
                let s := mload(sellerAt)
                let b := mload(buyerAt)
                // An interval before the first makes a huge shift, which leaves nothing of the mask.
                let common := and(
                    shr(sub(interval, and(shr(96, s), 0xffffffff)), and(shr(128, s), 0xffffffffffffffff)),
                    shr(sub(interval, and(shr(96, b), 0xffffffff)), and(shr(128, b), 0xffffffffffffffff))
                )
                let bad := or(
                    or(
                        or(iszero(energy), iszero(and(common, 1))),
                        and(or(shr(208, s), iszero(and(shr(208, b), 1))), 1)
                    ),
                    or(
                        or(lt(price, and(shr(64, s), 0xffffffff)), gt(price, and(shr(64, b), 0xffffffff))),
                        or(
                            gt(add(and(s, 0xffffffff), energy), and(shr(32, s), 0xffffffff)),
                            gt(add(and(b, 0xffffffff), energy), and(shr(32, b), 0xffffffff))
                        )
                    )
                )
                if bad {
                    badPlace := place
                    break
                }
                mstore(sellerAt, add(s, energy))
                mstore(buyerAt, add(b, energy))
                let sumAt := add(sums, shl(5, and(shr(192, s), 0xffff)))
                mstore(sumAt, add(mload(sumAt), shl(128, energy)))
                sumAt := add(sums, shl(5, and(shr(192, b), 0xffff)))
                mstore(sumAt, add(mload(sumAt), energy))
                mstore(
                    trade,
                    or(
                        or(shl(224, shr(216, s)), shl(192, shr(216, b))),
                        or(shl(160, energy), shl(128, price))
                    )
                )
                trade := add(trade, 16)
                booked := add(booked, energy)
            }
        }
        p.tradesEnd = trade;
    }

    /// Names what is wrong with an assignment that bookGroup stopped at.
    function refuseAssignment(Tables memory tables, Place memory p, uint256 packed) private pure {
        uint256 sellerAt = packed >> 48;
        uint256 buyerAt = (packed >> 32) & 0xffff;
        uint256 energy = packed & 0xffffffff;
        if (sellerAt >= tables.offerCount) revert IndexBeyondList(sellerAt);
        if (buyerAt >= tables.offerCount) revert IndexBeyondList(buyerAt);
        OfferWord s = OfferWord.wrap(loadWord(tables.offers, sellerAt));
        OfferWord b = OfferWord.wrap(loadWord(tables.offers, buyerAt));
        // In this copy the field of the account holds the offer's number.
        uint256 sellerId = s.accountNumber();
        uint256 buyerId = b.accountNumber();
        if (s.isBuy()) revert NotSeller(sellerId);
        if (!b.isBuy()) revert NotBuyer(buyerId);
        if (energy == 0) revert NoEnergy();
        if (p.price < s.priceUnits() || p.price > b.priceUnits()) {
            revert PriceOutside(sellerId, buyerId, p.price);
        }
        if (s.covers(p.interval) & b.covers(p.interval) & 1 == 0) {
            revert NoCommonInterval(sellerId, buyerId, p.interval);
        }
        revert OfferOverused(energy > s.leftWh() ? sellerId : buyerId);
    }

    /// Checks every feeder's limits for one interval and clears the sums for the next one.
    function verifyLimits(Tables memory tables, uint256 interval) private pure {
        unchecked {
            uint256 count = tables.feederCount;
            for (uint256 feeder = 0; feeder < count; ++feeder) {
                uint256 sum = loadWord(tables.sums, feeder);
                if (sum == 0) continue;
                uint256 limit = loadWord(tables.limits, feeder);
                uint256 sold = sum >> 128;
                uint256 bought = sum & type(uint128).max;
                // 2^32 - 1 stands for no limit, also when the sum itself is larger.
                uint256 internalLimit = limit >> 32;
                if ((sold > bought ? sold : bought) > internalLimit && internalLimit != NO_LIMIT) {
                    revert OverInternalLimit(feeder, interval);
                }
                uint256 externalLimit = limit & NO_LIMIT;
                if ((sold > bought ? sold - bought : bought - sold) > externalLimit && externalLimit != NO_LIMIT) {
                    revert OverExternalLimit(feeder, interval);
                }
                storeWord(tables.sums, feeder, 0);
            }
        }
    }

    /// Chains the intervals from the last to the first, so that each link needs only its own trades and its tail.
    function storeCandidate(Tables memory tables, uint256 total) private {
        bytes32 tail = 0;
        uint256 next = 0;
        for (uint256 n = tables.linkCount; n != 0; --n) {
            uint256 interval = loadWord(tables.links, 2 * n - 2);
            tail = link(interval, next, bytes32(loadWord(tables.links, 2 * n - 1)), tail);
            next = interval;
        }
        candidateHead = tail;
        progress.candidateWh = uint64(total);
        progress.candidateFirst = uint32(next);
    }

    /// A link of the candidate's chain. `next` is the interval of the tail; 0 when the tail is empty.
    function link(uint256 interval, uint256 next, bytes32 tradesHash, bytes32 tail)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode((interval << 32) | next, tradesHash, tail));
    }
}
