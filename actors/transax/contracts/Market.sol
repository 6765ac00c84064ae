// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import "./MarketTypes.sol";
import "./OfferWord.sol";
import "./Words.sol";

/// A market of energy futures between prosumers, after TRANSAX: offers and money are kept here, solutions
/// are found outside by anybody, verified here in full, and the best one is finalized interval by interval.
///
/// Invariants:
/// - this contract's wei = (sum of balances + sum of escrows) * WEI_PER_UNIT (plus what was forced upon it);
/// - of an offer, final use + use by the candidate never exceed its energy;
/// - the candidate keeps every feeder's limits in every interval.
/// So the candidate can be finalized without looking at limits again, and stays valid when no solver is left.
/// Money: 1 unit is a millionth of the currency, and 10^12 wei. Prices are whole units per Wh.
contract Market is MarketTypes {
    uint256 public constant WEI_PER_UNIT = 1e12;
    /// Largest number of a feeder.
    uint16 public constant FEEDER_MAX = 1023;
    uint256 private constant NO_LIMIT = type(uint32).max;
    uint256 private constant OFFER_BYTES = 21;
    uint256 private constant TRADE_BYTES = 16;
    /// Most assignments of one interval. Without it a solution of very many small ones could be posted that
    /// no transaction (2^24 gas, EIP-7825) could finalize, and the market would stand still.
    uint256 public constant ASSIGNMENTS_MAX = 700;

    /// The system operator, who made this market.
    address public immutable dso;
    uint64 public immutable startS;
    uint32 public immutable intervalS;
    uint32 public immutable clearIntervals;
    uint32 public immutable horizonIntervals;

    Progress private progress;
    /// Head of the candidate's chain of links, one link per interval, the earliest outermost.
    bytes32 private candidateHead;
    /// Number of the account that an address owns; numbers begin with 1.
    mapping(address owner => uint32 account) public accountOf;
    mapping(uint256 account => Account) private accounts;
    /// feeder 16 | production limit 32 | consumption limit 32 | account 32 | known 1, from the lowest bit.
    mapping(bytes32 meter => uint256 word) private meters;
    /// external limit 32 | internal limit 32; no limit is all ones, zero means that the feeder is not known.
    uint256[1024] private feeders;
    /// Fixed size, so that a word's slot is a sum and not a hash. Numbers begin with 1.
    OfferWord[4294967296] private offers;

    modifier onlyDso() {
        if (msg.sender != dso) revert NotDso();
        _;
    }

    /// The caller becomes the operator. Refuses with BadOptions what MarketOptions does not allow.
    constructor(MarketOptions memory options) {
        if (options.intervalS == 0 || options.clearIntervals == 0 || options.horizonIntervals > 1023) {
            revert BadOptions();
        }
        dso = msg.sender;
        startS = options.startS;
        intervalS = options.intervalS;
        clearIntervals = options.clearIntervals;
        horizonIntervals = options.horizonIntervals;
    }

    // ---- Set-up by the operator -----------------------------------------------------------------------

    /// Sets a feeder's limits in Wh per interval; 0: no limit. Lowering one drops the candidate.
    function setFeeder(uint16 feeder, uint32 externalLimitWh, uint32 internalLimitWh) external onlyDso {
        storeFeeder(Feeder(feeder, externalLimitWh, internalLimitWh));
    }

    function setFeeders(Feeder[] calldata list) external onlyDso {
        for (uint256 i = 0; i < list.length; ++i) storeFeeder(list[i]);
    }

    function registerSmartMeter(
        bytes32 meter, uint16 feeder, uint32 productionLimitWh, uint32 consumptionLimitWh
    ) external onlyDso {
        storeMeter(SmartMeter(meter, feeder, productionLimitWh, consumptionLimitWh));
    }

    function registerSmartMeters(SmartMeter[] calldata list) external onlyDso {
        for (uint256 i = 0; i < list.length; ++i) storeMeter(list[i]);
    }

    function storeFeeder(Feeder memory limits) private {
        if (limits.feeder > FEEDER_MAX) revert FeederTooLarge(limits.feeder);
        uint256 ce = limits.externalLimitWh == 0 ? NO_LIMIT : limits.externalLimitWh;
        uint256 ci = limits.internalLimitWh == 0 ? NO_LIMIT : limits.internalLimitWh;
        uint256 old = feeders[limits.feeder];
        bool lowered = ce < (old & NO_LIMIT) || ci < old >> 32;
        if (lowered && progress.candidateWh != 0) {
            emit CandidateDropped(progress.candidateWh);
            progress.candidateWh = 0;
        }
        feeders[limits.feeder] = ce | (ci << 32);
        emit FeederSet(limits.feeder, limits.externalLimitWh, limits.internalLimitWh);
    }

    function storeMeter(SmartMeter memory m) private {
        if (m.feeder > FEEDER_MAX || feeders[m.feeder] == 0) revert UnknownFeeder(m.feeder);
        if (meters[m.meter] != 0) revert MeterKnown(m.meter);
        meters[m.meter] = uint256(m.feeder) | (uint256(m.productionLimitWh) << 16)
            | (uint256(m.consumptionLimitWh) << 48) | (1 << 112);
        emit MeterRegistered(m.meter, m.feeder, m.productionLimitWh, m.consumptionLimitWh);
    }

    // ---- Prosumers and money --------------------------------------------------------------------------

    /// What the operator signs to certify that `owner` trades for `meter` (EIP-191, version 0).
    function certificateDigest(bytes32 meter, address owner) public view returns (bytes32) {
        return keccak256(
            abi.encodePacked(hex"1900", address(this), block.chainid, "registerProsumer", meter, owner)
        );
    }

    /// Opens the caller's account. `certificate`: r, s, v of the operator's signature, 65 bytes.
    function registerProsumer(bytes32 meter, bytes calldata certificate) external returns (uint32 account) {
        uint256 word = meters[meter];
        if (word == 0) revert MeterUnknown(meter);
        if (uint32(word >> 80) != 0) revert MeterUsed(meter);
        if (accountOf[msg.sender] != 0) revert AlreadyRegistered();
        if (certificate.length != 65) revert BadCertificate();
        address signer = ecrecover(
            certificateDigest(meter, msg.sender),
            uint8(certificate[64]),
            bytes32(certificate[:32]),
            bytes32(certificate[32:64])
        );
        if (signer != dso || signer == address(0)) revert BadCertificate();
        account = ++progress.accountCount;
        meters[meter] = word | (uint256(account) << 80);
        accountOf[msg.sender] = account;
        Account storage a = accounts[account];
        a.owner = msg.sender;
        a.feeder = uint16(word);
        a.productionLimitWh = uint32(word >> 16);
        a.consumptionLimitWh = uint32(word >> 48);
        emit ProsumerRegistered(meter, msg.sender, account);
    }

    /// Credits the caller's account with the wei sent, which must be whole units.
    function deposit() external payable {
        uint32 account = callersAccount();
        if (msg.value % WEI_PER_UNIT != 0) revert NotWholeUnits();
        uint256 units = msg.value / WEI_PER_UNIT;
        // All wei there is or will be stays far below 2^96 units.
        accounts[account].balanceUnits += uint96(units);
        emit Deposited(account, units);
    }

    /// Pays free money out to the caller. Money is only ever pulled: nobody's refusal hinders another.
    function withdraw(uint256 units) external {
        uint32 account = callersAccount();
        uint256 have = accounts[account].balanceUnits;
        if (units > have) revert BalanceTooSmall(have, units);
        accounts[account].balanceUnits = uint96(have - units);
        emit Withdrawn(account, units);
        (bool paid,) = msg.sender.call{value: units * WEI_PER_UNIT}("");
        if (!paid) revert PaymentRefused();
    }

    function callersAccount() private view returns (uint32 account) {
        account = accountOf[msg.sender];
        if (account == 0) revert NoAccount();
    }

    // ---- Offers ---------------------------------------------------------------------------------------

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

    // ---- Solutions ------------------------------------------------------------------------------------

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
        private
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode((interval << 32) | next, tradesHash, tail));
    }

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

    /// Gives back the escrow of an offer whose intervals are all final; nothing for one that holds none.
    function release(uint256 id, OfferWord word) private returns (uint256 units) {
        units = word.isBuy() ? word.leftWh() * word.priceUnits() : 0;
        if (units == 0) return 0;
        offers[id] = word.close();
        moveEscrow(accounts[word.accountNumber()], units, units);
    }

    /// Takes `units` out of an account's escrow; `freeUnits` of them become its free money. An escrow covers
    /// what is left of all its offers, so neither can wrap.
    function moveEscrow(Account storage a, uint256 units, uint256 freeUnits) private {
        unchecked {
            a.escrowUnits -= uint96(units);
            a.balanceUnits += uint96(freeUnits);
        }
    }

    // ---- Metering -------------------------------------------------------------------------------------

    /// Records measured net production of the caller's meter: 4 bytes each, signed Wh, one per interval
    /// from `firstInterval` on. The first call may begin anywhere, the next ones go on where it ended.
    function submitReadings(uint32 firstInterval, bytes calldata readings) external {
        uint32 account = callersAccount();
        Account storage a = accounts[account];
        if (readings.length == 0 || readings.length % 4 != 0) revert BadLength();
        uint32 next = a.nextReading;
        if (next != 0 && firstInterval != next) revert ReadingOutOfOrder(next);
        a.nextReading = firstInterval + uint32(readings.length / 4);
        emit ReadingSubmitted(account, firstInterval, readings);
    }

    // ---- Views ----------------------------------------------------------------------------------------

    /// The first interval for which offers may still be posted.
    function openFrom() public view returns (uint256) {
        uint256 ahead = block.timestamp + uint256(clearIntervals) * intervalS;
        return ahead < startS ? 0 : (ahead - startS) / intervalS + 1;
    }

    /// From this time on (unix seconds) `interval` may be finalized, and takes no new offers; 0: always.
    function finalizableFromS(uint32 interval) public view returns (uint256) {
        uint256 begin = startS + uint256(interval) * intervalS;
        uint256 ahead = uint256(clearIntervals) * intervalS;
        return begin < ahead ? 0 : begin - ahead;
    }

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
