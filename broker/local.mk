noinst_LIBRARIES += libbroker.a
libbroker_a_SOURCES = \
	broker/yaml_core.c broker/yaml_core.h \
	broker/yaml.c broker/yaml.h \
	broker/config_source.c broker/config_source.h \
	broker/config_read.c broker/config_read.h \
	broker/config_value.c broker/config_value.h \
	broker/config_streams.c broker/config_streams.h \
	broker/config_keys.c broker/config_keys.h \
	broker/config.c broker/config.h \
	broker/listen.c broker/listen.h \
	broker/reach.c broker/reach.h \
	broker/http_listener.c broker/http_listener.h \
	broker/http_params.c broker/http_params.h \
	broker/http.c broker/http.h \
	broker/host.c broker/host.h \
	broker/route.c broker/route.h broker/context.h \
	broker/pages.c broker/pages.h \
	broker/base64.c broker/base64.h \
	broker/viewer.c broker/viewer.h \
	broker/api_webrtc.c broker/api_webrtc.h \
	broker/audit.c broker/audit.h \
	broker/websocket.c broker/websocket.h \
	broker/api_ws.c broker/api_ws.h \
	broker/api_sessions.c broker/api_sessions_list.c broker/api_sessions.h \
	broker/listing.c broker/listing.h \
	broker/api_streams.c broker/api_streams.h \
	broker/counters.c broker/counters.h \
	broker/registry.c broker/registry.h \
	broker/stream.c broker/stream.h \
	broker/session_book.c broker/session_book.h \
	broker/session.c broker/session.h \
	broker/camera.c broker/camera.h \
	broker/gather.c broker/gather.h \
	broker/opening.c broker/opening.h \
	broker/ports.c broker/ports.h \
	broker/supervise.c broker/supervise.h \
	broker/busy.c broker/busy.h \
	broker/downlink.c broker/downlink.h
# No -I for this folder: its yaml.h would hide libyaml's.
libbroker_a_CPPFLAGS = $(AM_CPPFLAGS)
libbroker_a_CFLAGS = $(AM_CFLAGS) $(EVENT_CFLAGS) $(JANSSON_CFLAGS) \
	$(YAML_CFLAGS) $(NETTLE_CFLAGS)
broker_libs = libbroker.a libcommon.a $(WSLAY_LIBS) $(NETTLE_LIBS) \
	$(YAML_LIBS) \
	$(NNG_LIBS) $(EVENT_LIBS) $(JANSSON_LIBS) -lpthread

sbin_PROGRAMS += lulld
lulld_SOURCES = broker/main.c \
	broker/detach.c broker/detach.h \
	broker/lock.c broker/lock.h
lulld_CPPFLAGS = $(libbroker_a_CPPFLAGS)
lulld_CFLAGS = $(libbroker_a_CFLAGS)
lulld_LDADD = $(broker_libs)
