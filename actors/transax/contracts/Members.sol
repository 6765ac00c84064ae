// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import "./MarketState.sol";
import "./Words.sol";

/// Feeders and meters, which the operator sets up; prosumers, their money and their readings.
abstract contract Members is MarketState {
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

    function callersAccount() internal view returns (uint32 account) {
        account = accountOf[msg.sender];
        if (account == 0) revert NoAccount();
    }

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
}
