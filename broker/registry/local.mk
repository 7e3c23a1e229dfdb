libbroker_a_SOURCES += \
	broker/registry/registry.c broker/registry/registry.h \
	broker/registry/gather.c broker/registry/gather.h \
	broker/registry/session.c broker/registry/session.h \
	broker/registry/session_book.c broker/registry/session_book.h \
	broker/registry/stream.c broker/registry/stream.h \
	broker/registry/camera.c broker/registry/camera.h \
	broker/registry/serving.c broker/registry/serving.h \
	broker/registry/opening.c broker/registry/opening.h \
	broker/registry/restart.c broker/registry/restart.h \
	broker/registry/snapshots.c broker/registry/snapshots.h \
	broker/registry/jpeg.c broker/registry/jpeg.h \
	broker/registry/ports.c broker/registry/ports.h \
	broker/registry/counters.c broker/registry/counters.h

unit_tests += \
	tests/unit/broker/registry/test_serving \
	tests/unit/broker/registry/test_registry \
	tests/unit/broker/registry/test_gather \
	tests/unit/broker/registry/test_session \
	tests/unit/broker/registry/test_session_book \
	tests/unit/broker/registry/test_stream \
	tests/unit/broker/registry/test_camera \
	tests/unit/broker/registry/test_opening \
	tests/unit/broker/registry/test_restart \
	tests/unit/broker/registry/test_snapshots \
	tests/unit/broker/registry/test_jpeg \
	tests/unit/broker/registry/test_ports \
	tests/unit/broker/registry/test_counters
