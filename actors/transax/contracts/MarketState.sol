// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import "./MarketTypes.sol";
import "./OfferWord.sol";

/// What a market keeps, and its time.
abstract contract MarketState is MarketTypes {
    uint256 public constant WEI_PER_UNIT = 1e12;
    /// Largest number of a feeder.
    uint16 public constant FEEDER_MAX = 1023;
    uint256 internal constant NO_LIMIT = type(uint32).max;
    uint256 internal constant OFFER_BYTES = 21;
    uint256 internal constant TRADE_BYTES = 16;
    /// Most assignments of one interval. Without it a solution of very many small ones could be posted that
    /// no transaction (2^24 gas, EIP-7825) could finalize, and the market would stand still.
    uint256 public constant ASSIGNMENTS_MAX = 700;

    /// The system operator, who made this market.
    address public immutable dso;
    uint64 public immutable startS;
    uint32 public immutable intervalS;
    uint32 public immutable clearIntervals;
    uint32 public immutable horizonIntervals;

    Progress internal progress;
    /// Head of the candidate's chain of links, one link per interval, the earliest outermost.
    bytes32 internal candidateHead;
    /// Number of the account that an address owns; numbers begin with 1.
    mapping(address owner => uint32 account) public accountOf;
    mapping(uint256 account => Account) internal accounts;
    /// feeder 16 | production limit 32 | consumption limit 32 | account 32 | known 1, from the lowest bit.
    mapping(bytes32 meter => uint256 word) internal meters;
    /// external limit 32 | internal limit 32; no limit is all ones, zero means that the feeder is not known.
    uint256[1024] internal feeders;
    /// Fixed size, so that a word's slot is a sum and not a hash. Numbers begin with 1.
    OfferWord[4294967296] internal offers;

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
}
