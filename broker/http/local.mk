libbroker_a_SOURCES += \
	broker/http/listen.c broker/http/listen.h \
	broker/http/reach.c broker/http/reach.h \
	broker/http/http_listener.c broker/http/http_listener.h \
	broker/http/http_params.c broker/http/http_params.h \
	broker/http/http.c broker/http/http.h \
	broker/http/websocket.c broker/http/websocket.h \
	broker/http/pages.c broker/http/pages.h

unit_tests += \
	tests/unit/broker/http/test_listen \
	tests/unit/broker/http/test_reach \
	tests/unit/broker/http/test_http_params \
	tests/unit/broker/http/test_http_listener \
	tests/unit/broker/http/test_http_listener_few \
	tests/unit/broker/http/test_http \
	tests/unit/broker/http/test_http_peer \
	tests/unit/broker/http/test_http_end \
	tests/unit/broker/http/test_http_idle \
	tests/unit/broker/http/test_websocket \
	tests/unit/broker/http/test_websocket_ping \
	tests/unit/broker/http/test_pages

EXTRA_DIST += tests/unit/broker/http/http_server.h
