libworker_a_SOURCES += \
	worker/serve/rtsp_session.c worker/serve/rtsp_session.h \
	worker/serve/serve_ways.c worker/serve/serve_ways.h \
	worker/serve/interleave.c worker/serve/interleave.h \
	worker/serve/rtsp_serve.c worker/serve/rtsp_serve.h \
	worker/serve/rtsp_guard.c worker/serve/rtsp_guard.h \
	worker/serve/serve_sdp.c worker/serve/serve_sdp.h \
	worker/serve/parameter_sets.c worker/serve/parameter_sets.h

unit_tests += \
	tests/unit/worker/serve/test_rtsp_session \
	tests/unit/worker/serve/test_rtsp_session_faults \
	tests/unit/worker/serve/test_interleave \
	tests/unit/worker/serve/test_rtsp_serve \
	tests/unit/worker/serve/test_rtsp_serve_mutations \
	tests/unit/worker/serve/test_rtsp_guard \
	tests/unit/worker/serve/test_serve_sdp \
	tests/unit/worker/serve/test_parameter_sets

EXTRA_DIST += \
	tests/unit/worker/serve/requests.h \
	tests/unit/worker/serve/serve_clients.h
