// What daemons said, word for word: chrony 4.3 and linuxptp 3.1.1 of Debian 12 on a virtual cable, adjtimex 1.29.

/** `chronyc -c tracking` of a client that was told to be 50 ms off its server. */
export const TRACKING =
  "0A630001,10.99.0.1,4,1795217594.308806885,0.050000343,-0.000000007,0.000000648,0.066,-0.001,0.142,0.000001031,0.000002477,0.5,Normal\n";

/** The same of a server that has its time from nobody (`local stratum 3`). */
export const OWN_CLOCK =
  "7F7F0101,,3,1795217586.322750704,0.000000000,0.000000000,0.000000000,0.000,0.000,0.000,0.000000000,0.000000000,0.0,Normal\n";

/** `chronyc -c sources`. */
export const SOURCES = "^,*,10.99.0.1,3,-1,377,1,-0.000000007,-0.000000011,0.000000818\n";

/** `pmc -u -b 0` with PMC_COMMANDS, of a board whose ptp4l runs free and stamps in software. */
export const PMC = `sending: GET TIME_STATUS_NP
	1e2471.fffe.7e493e-0 seq 0 RESPONSE MANAGEMENT TIME_STATUS_NP 
		master_offset              -1043
		ingress_time               1795217666600301241
		cumulativeScaledRateOffset +0.000000000
		scaledLastGmPhaseChange    0
		gmTimeBaseIndicator        0
		lastGmPhaseChange          0x0000'0000000000000000.0000
		gmPresent                  true
		gmIdentity                 eab55e.fffe.9700dd
sending: GET PORT_DATA_SET
	1e2471.fffe.7e493e-1 seq 0 RESPONSE MANAGEMENT PORT_DATA_SET 
		portIdentity            1e2471.fffe.7e493e-1
		portState               UNCALIBRATED
		logMinDelayReqInterval  -2
		peerMeanPathDelay       0
		logAnnounceInterval     1
		announceReceiptTimeout  3
		logSyncInterval         -2
		delayMechanism          1
		logMinPdelayReqInterval 0
		versionNumber           2
sending: GET CURRENT_DATA_SET
	1e2471.fffe.7e493e-0 seq 0 RESPONSE MANAGEMENT CURRENT_DATA_SET 
		stepsRemoved     1
		offsetFromMaster 262.0
		meanPathDelay    1470.0
sending: GET PARENT_DATA_SET
	1e2471.fffe.7e493e-0 seq 0 RESPONSE MANAGEMENT PARENT_DATA_SET 
		parentPortIdentity                    eab55e.fffe.9700dd-1
		parentStats                           0
		observedParentOffsetScaledLogVariance 0xffff
		observedParentClockPhaseChangeRate    0x7fffffff
		grandmasterPriority1                  121
		gm.ClockClass                         248
		gm.ClockAccuracy                      0xfe
		gm.OffsetScaledLogVariance            0xffff
		grandmasterPriority2                  128
		grandmasterIdentity                   eab55e.fffe.9700dd
sending: GET TIME_PROPERTIES_DATA_SET
	1e2471.fffe.7e493e-0 seq 0 RESPONSE MANAGEMENT TIME_PROPERTIES_DATA_SET 
		currentUtcOffset      37
		leap61                0
		leap59                0
		currentUtcOffsetValid 0
		ptpTimescale          0
		timeTraceable         0
		frequencyTraceable    0
		timeSource            0xa0
`;

/** `adjtimex --print` of a clock that nobody disciplines. */
export const ADJTIMEX = `         mode: 0
       offset: 0
    frequency: 0
     maxerror: 16000000
     esterror: 16000000
       status: 64
time_constant: 2
    precision: 1
    tolerance: 32768000
         tick: 10000
     raw time:  1795217761s 870909us = 1795217761.870909
 return value = 5
`;
