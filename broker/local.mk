noinst_LIBRARIES += libbroker.a
libbroker_a_SOURCES = \
	broker/detach.c broker/detach.h \
	broker/lock.c broker/lock.h
include broker/config/local.mk
include broker/http/local.mk
include broker/api/local.mk
include broker/port/local.mk
include broker/registry/local.mk
include broker/workers/local.mk
libbroker_a_CFLAGS = $(AM_CFLAGS) $(EVENT_CFLAGS) $(JANSSON_CFLAGS) \
	$(YAML_CFLAGS) $(NETTLE_CFLAGS)
broker_libs = libbroker.a libcommon.a $(WSLAY_LIBS) $(NETTLE_LIBS) \
	$(YAML_LIBS) \
	$(NNG_LIBS) $(EVENT_LIBS) $(JANSSON_LIBS) -lpthread

sbin_PROGRAMS += lulld
lulld_SOURCES = broker/main.c
lulld_CFLAGS = $(libbroker_a_CFLAGS)
lulld_LDADD = $(broker_libs)

unit_tests += \
	tests/unit/broker/test_detach \
	tests/unit/broker/test_lock

EXTRA_DIST += \
	tests/unit/broker/workers.h tests/unit/broker/fake_http.h \
	tests/unit/broker/raw_client.h tests/unit/broker/ws_client.h \
	tests/unit/log_lines.h
