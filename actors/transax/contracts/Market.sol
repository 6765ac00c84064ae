// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import "./Offers.sol";
import "./Solutions.sol";

/// A market of energy futures between prosumers, after TRANSAX: offers and money are kept here, solutions
/// are found outside by anybody, verified here in full, and the best one is finalized interval by interval.
///
/// Invariants:
/// - this contract's wei = (sum of balances + sum of escrows) * WEI_PER_UNIT (plus what was forced upon it);
/// - of an offer, final use + use by the candidate never exceed its energy;
/// - the candidate keeps every feeder's limits in every interval.
/// So the candidate can be finalized without looking at limits again, and stays valid when no solver is left.
/// Money: 1 unit is a millionth of the currency, and 10^12 wei. Prices are whole units per Wh.
contract Market is Offers, Solutions {
    constructor(MarketOptions memory options) MarketState(options) {}

    // ---- Finalizing -----------------------------------------------------------------------------------

    /// Makes `interval` final and moves its money. Anybody may call, from finalizableFromS on.
    /// `trades`: the candidate's trades of that interval, as in the event Finalized, in the solution's order;
    /// empty when it has none. `nextInterval` and `tail`: what the candidate's chain goes on with.
    function finalize(uint32 interval, bytes calldata trades, uint32 nextInterval, bytes32 tail) external {
        Progress memory state = progress;
        if (interval < state.nextFinal) revert AlreadyFinalized(interval);
        if (interval > state.nextFinal) revert FinalizeOutOfOrder(state.nextFinal);
        if (interval >= openFrom()) revert FinalizeTooEarly(finalizableFromS(interval));
        state.nextFinal = interval + 1;
        uint256 traded = 0;
        uint256 paid = 0;
        if (state.candidateWh != 0 && state.candidateFirst == interval) {
            if (link(interval, nextInterval, keccak256(trades), tail) != candidateHead) revert WrongChunk();
            (traded, paid) = settle(trades, state.nextFinal);
            state.candidateWh -= uint64(traded);
            state.candidateFirst = nextInterval;
            candidateHead = tail;
        } else if (trades.length != 0) {
            revert WrongChunk();
        }
        progress = state;
        emit Finalized(interval, uint64(traded), uint128(paid), trades);
    }

    /// Books final use and moves escrow to sellers, and to buyers what their price left over.
    function settle(bytes calldata trades, uint256 firstOpen) private returns (uint256 traded, uint256 paid) {
        unchecked {
            // All was verified when the solution was posted: nothing here can exceed an offer or an escrow.
            for (uint256 place = 0; place < trades.length; place += TRADE_BYTES) {
                uint256 trade = readUnchecked(trades, place, TRADE_BYTES);
                uint256 energy = (trade >> 32) & 0xffffffff;
                uint256 units = energy * (trade & 0xffffffff);
                OfferWord s = offers[trade >> 96].use(energy);
                offers[trade >> 96] = s;
                accounts[s.accountNumber()].balanceUnits += uint96(units);
                OfferWord b = offers[(trade >> 64) & 0xffffffff].use(energy);
                offers[(trade >> 64) & 0xffffffff] = b;
                uint256 reserved = energy * b.priceUnits();
                moveEscrow(accounts[b.accountNumber()], reserved, reserved - units);
                traded += energy;
                paid += units;
            }
            // Only now, since a buyer may appear in several trades of its last interval.
            for (uint256 place = 0; place < trades.length; place += TRADE_BYTES) {
                uint256 id = (readUnchecked(trades, place, TRADE_BYTES) >> 64) & 0xffffffff;
                OfferWord b = offers[id];
                if (!b.opensAtOrAfter(firstOpen)) release(id, b);
            }
        }
    }

    // ---- Views ----------------------------------------------------------------------------------------

    /// The interval that is finalized next; all before it are final.
    function nextFinal() external view returns (uint32) {
        return progress.nextFinal;
    }

    function offerCount() external view returns (uint32) {
        return progress.offerCount;
    }

    function accountCount() external view returns (uint32) {
        return progress.accountCount;
    }

    /// Energy of the candidate that is not final yet, its first interval and its chain; zeros when none.
    function candidate() external view returns (uint64 totalWh, uint32 firstInterval, bytes32 head) {
        totalWh = progress.candidateWh;
        if (totalWh != 0) (firstInterval, head) = (progress.candidateFirst, candidateHead);
    }

    /// Zeros for a number that is not in use.
    function accountView(uint32 number) external view returns (Account memory) {
        return accounts[number];
    }

    function lastPlan(uint32 number) external view returns (uint32) {
        return accounts[number].lastPlan;
    }

    function nextReading(uint32 number) external view returns (uint32) {
        return accounts[number].nextReading;
    }

    /// Refuses with OfferUnknown a number that is not in use.
    function offerView(uint32 offerId) external view returns (OfferView memory view_) {
        if (offerId == 0 || offerId > progress.offerCount) revert OfferUnknown(offerId);
        OfferWord word = offers[offerId];
        view_.account = uint32(word.accountNumber());
        view_.buys = word.isBuy();
        view_.feeder = uint16(word.feederOf());
        view_.energyWh = uint32(word.energyWh());
        view_.usedWh = uint32(word.usedWh());
        view_.priceUnits = uint32(word.priceUnits());
        view_.firstInterval = uint32(word.firstOf());
        view_.intervalMask = uint64(word.intervalMask());
    }

    /// Limits in Wh per interval; 0: no limit. Refuses with UnknownFeeder one that was never set.
    function feederLimits(uint16 feeder) external view returns (uint32 externalLimitWh, uint32 internalLimitWh) {
        uint256 limits = feeder > FEEDER_MAX ? 0 : feeders[feeder];
        if (limits == 0) revert UnknownFeeder(feeder);
        externalLimitWh = uint32(limits) == NO_LIMIT ? 0 : uint32(limits);
        internalLimitWh = limits >> 32 == NO_LIMIT ? 0 : uint32(limits >> 32);
    }

    /// The account that trades for `meter`; 0: none yet, or the meter is not known.
    function accountOfMeter(bytes32 meter) external view returns (uint32) {
        return uint32(meters[meter] >> 80);
    }
}
