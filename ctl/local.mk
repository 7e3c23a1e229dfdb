noinst_LIBRARIES += libctl.a
libctl_a_SOURCES = \
	ctl/arguments.c ctl/arguments.h \
	ctl/command.c ctl/command.h \
	ctl/client.c ctl/client.h \
	ctl/show.h ctl/show_text.c ctl/show_json.c
libctl_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(CURL_CFLAGS)

bin_PROGRAMS += lullctl
lullctl_SOURCES = ctl/main.c
lullctl_CFLAGS = $(libctl_a_CFLAGS)
lullctl_LDADD = libctl.a libcommon.a $(CURL_LIBS) $(JANSSON_LIBS)

unit_tests += \
	tests/unit/ctl/test_arguments \
	tests/unit/ctl/test_client \
	tests/unit/ctl/test_command \
	tests/unit/ctl/test_show
