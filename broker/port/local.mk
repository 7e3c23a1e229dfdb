libbroker_a_SOURCES += \
	broker/port/viewer_port.c broker/port/viewer_port.h \
	broker/port/flow_opener.c broker/port/flow_opener.h \
	broker/port/first_frame.c broker/port/first_frame.h \
	broker/port/stun_binding.c broker/port/stun_binding.h \
	broker/port/lookup.c broker/port/lookup.h \
	broker/port/announced.c broker/port/announced.h \
	broker/port/rtsp_port.c broker/port/rtsp_port.h \
	broker/port/rtsp_first.c broker/port/rtsp_first.h \
	broker/port/doors.c broker/port/doors.h

unit_tests += \
	tests/unit/broker/port/test_rtsp_port \
	tests/unit/broker/port/test_rtsp_first \
	tests/unit/broker/port/test_rtsp_first_mutations \
	tests/unit/broker/port/test_doors \
	tests/unit/broker/port/test_flow_opener \
	tests/unit/broker/port/test_flow_opener_race \
	tests/unit/broker/port/test_first_frame \
	tests/unit/broker/port/test_viewer_port \
	tests/unit/broker/port/test_viewer_port_host \
	tests/unit/broker/port/test_stun_binding \
	tests/unit/broker/port/test_lookup \
	tests/unit/broker/port/test_lookup_answers \
	tests/unit/broker/port/test_announced \
	tests/unit/broker/port/test_viewer_port_stun

EXTRA_DIST += tests/unit/broker/port/port_door.h \
	tests/unit/broker/port/opener_at_door.h
