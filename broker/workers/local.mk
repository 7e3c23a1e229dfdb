libbroker_a_SOURCES += \
	broker/workers/supervise.c broker/workers/supervise.h \
	broker/workers/worker_process.c broker/workers/worker_process.h \
	broker/workers/busy.c broker/workers/busy.h \
	broker/workers/downlink.c broker/workers/downlink.h

unit_tests += \
	tests/unit/broker/workers/test_supervise \
	tests/unit/broker/workers/test_supervise_life \
	tests/unit/broker/workers/test_supervise_faults \
	tests/unit/broker/workers/test_worker_process \
	tests/unit/broker/workers/test_busy \
	tests/unit/broker/workers/test_downlink
