bin_PROGRAMS += lullctl
lullctl_SOURCES = \
	ctl/main.c \
	ctl/command.c ctl/command.h \
	ctl/client.c ctl/client.h \
	ctl/show.h ctl/show_text.c ctl/show_json.c
lullctl_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/ctl
lullctl_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(CURL_CFLAGS)
lullctl_LDADD = libcommon.a $(CURL_LIBS) $(JANSSON_LIBS)
