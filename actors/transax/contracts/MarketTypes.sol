// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

/// What a market is made with. Interval t is [startS + t * intervalS, startS + (t + 1) * intervalS).
struct MarketOptions {
    /// Unix seconds at which interval 0 begins.
    uint64 startS;
    /// Length of an interval in seconds, at least 1.
    uint32 intervalS;
    /// Whole intervals between the end of trading for an interval and its begin, at least 1 (Tclear).
    uint32 clearIntervals;
    /// How many intervals beyond the one that is finalized next a solution may reach, at most 1023 (Th).
    uint32 horizonIntervals;
}

/// Limits of a feeder per interval; 0 means no limit. Numbers up to 1023 only: a solution pays for each.
struct Feeder {
    uint16 feeder;
    /// Most net flow in either direction, Wh (Ce).
    uint32 externalLimitWh;
    /// Most that may be sold, and most that may be bought, Wh (Ci).
    uint32 internalLimitWh;
}

/// A meter as the operator knows it.
struct SmartMeter {
    bytes32 meter;
    uint16 feeder;
    /// Most that it can deliver in an interval, Wh (L+).
    uint32 productionLimitWh;
    /// Most that it can draw in an interval, Wh (L-).
    uint32 consumptionLimitWh;
}

/// A prosumer, in two storage words: what never changes, and what does.
struct Account {
    address owner;
    uint16 feeder;
    uint32 productionLimitWh;
    uint32 consumptionLimitWh;
    /// Free money in units.
    uint96 balanceUnits;
    /// Money set aside for buying offers, in units.
    uint96 escrowUnits;
    /// Number of the newest plan whose offers were posted; 0 before the first.
    uint32 lastPlan;
    /// The interval that the next reading must begin with; 0 before the first.
    uint32 nextReading;
}

/// What changes often, in one storage word.
struct Progress {
    uint32 offerCount;
    uint32 accountCount;
    /// The interval that is finalized next; all before it are final.
    uint32 nextFinal;
    /// First interval of the candidate solution; meaningless when candidateWh is 0.
    uint32 candidateFirst;
    /// Energy of the candidate that is not final yet; 0: there is no candidate.
    uint64 candidateWh;
}

/// An offer, unpacked for readers.
struct OfferView {
    uint32 account;
    bool buys;
    uint16 feeder;
    uint32 energyWh;
    uint32 usedWh;
    uint32 priceUnits;
    uint32 firstInterval;
    uint64 intervalMask;
}

/// Every event and every refusal of the market.
abstract contract MarketTypes {
    event FeederSet(uint16 indexed feeder, uint32 externalLimitWh, uint32 internalLimitWh);
    event MeterRegistered(
        bytes32 indexed meter, uint16 feeder, uint32 productionLimitWh, uint32 consumptionLimitWh
    );
    event ProsumerRegistered(bytes32 indexed meter, address indexed owner, uint32 account);
    event Deposited(uint32 indexed account, uint256 units);
    event Withdrawn(uint32 indexed account, uint256 units);
    /// kind: 0 sells, 1 buys. price: units per Wh. Bit i of mask: interval firstInterval + i.
    event OfferPosted(
        uint32 offerId,
        uint32 indexed account,
        uint8 kind,
        uint16 feeder,
        uint32 energyWh,
        uint32 price,
        uint32 firstInterval,
        uint64 mask
    );
    /// Carries what postSolution was given, so that anybody can finalize it.
    event SolutionPosted(address indexed solver, uint64 totalWh, bytes offerList, bytes chunks);
    /// The operator lowered a limit: the candidate may break it, and is gone.
    event CandidateDropped(uint64 totalWh);
    /// trades: 16 bytes each: seller's offer, buyer's offer, Wh, units per Wh, 4 bytes each.
    /// A buyer named here whose last interval this is has also got the rest of its escrow back.
    event Finalized(uint32 indexed interval, uint64 tradedWh, uint128 paidUnits, bytes trades);
    /// releaseOffers gave the rest of a buying offer's escrow back to its account.
    event OfferReleased(uint32 indexed offerId, uint32 indexed account, uint256 units);
    /// readings: 4 bytes each, signed Wh (positive: production), one per interval from firstInterval on.
    event ReadingSubmitted(uint32 indexed account, uint32 firstInterval, bytes readings);

    // Who
    error NotDso();
    error NoAccount();
    error AlreadyRegistered();
    // Set-up
    error BadOptions();
    error FeederTooLarge(uint16 feeder);
    error UnknownFeeder(uint16 feeder);
    error MeterKnown(bytes32 meter);
    error MeterUnknown(bytes32 meter);
    error MeterUsed(bytes32 meter);
    error BadCertificate();
    // Money
    error NotWholeUnits();
    error BalanceTooSmall(uint256 haveUnits, uint256 needUnits);
    error PaymentRefused();
    // Form
    error BadKind(uint256 kind);
    error NoEnergy();
    error BadMask();
    // Offers
    error PlanNotNewer(uint32 lastPlan);
    error IntervalClosed(uint256 interval);
    error OverMeterLimit(uint256 energyWh, uint256 limitWh);
    error OfferUnknown(uint256 offerId);
    error OfferStillOpen(uint256 offerId);
    // Solutions
    error OfferListNotAscending();
    error ChunksNotAscending();
    error BeyondHorizon(uint256 interval);
    error IndexBeyondList(uint256 index);
    error NotSeller(uint256 offerId);
    error NotBuyer(uint256 offerId);
    error PriceOutside(uint256 sellerOffer, uint256 buyerOffer, uint256 price);
    error NoCommonInterval(uint256 sellerOffer, uint256 buyerOffer, uint256 interval);
    error OfferOverused(uint256 offerId);
    error OverInternalLimit(uint256 feeder, uint256 interval);
    error OverExternalLimit(uint256 feeder, uint256 interval);
    error TooManyAssignments(uint256 interval);
    error NotBetter(uint256 candidateWh, uint256 offeredWh);
    // Finalizing
    error AlreadyFinalized(uint32 interval);
    error FinalizeOutOfOrder(uint32 nextFinal);
    error FinalizeTooEarly(uint256 fromS);
    error WrongChunk();
    // Metering
    error ReadingOutOfOrder(uint32 nextReading);
}
