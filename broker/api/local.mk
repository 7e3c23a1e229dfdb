libbroker_a_SOURCES += \
	broker/api/route.c broker/api/route.h broker/api/context.h \
	broker/api/viewer.c broker/api/viewer.h \
	broker/api/ice_link.c broker/api/ice_link.h \
	broker/api/api_ws.c broker/api/api_ws.h \
	broker/api/api_rtsp.c broker/api/api_rtsp.h \
	broker/api/api_webrtc.c broker/api/api_webrtc.h \
	broker/api/fragment.c broker/api/fragment.h \
	broker/api/api_sessions.c broker/api/api_sessions_list.c \
	broker/api/api_sessions.h \
	broker/api/api_streams.c broker/api/api_streams.h \
	broker/api/api_frame.c broker/api/api_frame.h \
	broker/api/listing.c broker/api/listing.h \
	broker/api/audit.c broker/api/audit.h

unit_tests += \
	tests/unit/broker/api/test_route \
	tests/unit/broker/api/test_viewer \
	tests/unit/broker/api/test_ice_link \
	tests/unit/broker/api/test_api_ws \
	tests/unit/broker/api/test_api_webrtc \
	tests/unit/broker/api/test_fragment \
	tests/unit/broker/api/test_api_streams \
	tests/unit/broker/api/test_api_sessions \
	tests/unit/broker/api/test_api_sessions_list \
	tests/unit/broker/api/test_api_frame \
	tests/unit/broker/api/test_listing \
	tests/unit/broker/api/test_audit

EXTRA_DIST += tests/unit/broker/api/api_server.h
