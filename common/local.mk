noinst_LIBRARIES += libcommon.a
libcommon_a_SOURCES = \
	common/xalloc.c common/xalloc.h \
	common/bytes.h \
	common/error.c common/error.h \
	common/process.c common/process.h \
	common/clock.c common/clock.h \
	common/log_relay.c common/log_relay.h \
	common/log_sink.c common/log_sink.h \
	common/log.c common/log.h \
	common/id.c common/id.h \
	common/base64.c common/base64.h \
	common/media_wire.c common/media_wire.h \
	common/socket_address.c common/socket_address.h \
	common/first_check.c common/first_check.h \
	common/handover.c common/handover.h \
	common/json.c common/json.h \
	common/slip.c common/slip.h \
	common/table.c common/table.h \
	common/camera_url.c common/camera_url.h \
	common/camera_option.c common/camera_option.h \
	common/rundir.c common/rundir.h \
	common/ipc_field.c common/ipc_field.h \
	common/ipc_event.c common/ipc_event.h \
	common/ipc.c common/ipc.h common/ipc_hello.h common/ipc_op.h \
	common/chan.c common/chan.h
libcommon_a_CFLAGS = $(AM_CFLAGS) $(EVENT_CFLAGS) $(JANSSON_CFLAGS) \
	$(NETTLE_CFLAGS)

unit_tests += \
	tests/unit/common/test_xalloc \
	tests/unit/common/test_bytes \
	tests/unit/common/test_error \
	tests/unit/common/test_process \
	tests/unit/common/test_clock \
	tests/unit/common/test_log_relay \
	tests/unit/common/test_log_stderr \
	tests/unit/common/test_log \
	tests/unit/common/test_id \
	tests/unit/common/test_base64 \
	tests/unit/common/test_media_wire \
	tests/unit/common/test_socket_address \
	tests/unit/common/test_first_check \
	tests/unit/common/test_handover \
	tests/unit/common/test_json \
	tests/unit/common/test_slip \
	tests/unit/common/test_table \
	tests/unit/common/test_ipc \
	tests/unit/common/test_chan \
	tests/unit/common/test_rundir \
	tests/unit/common/test_camera_url \
	tests/unit/common/test_camera_option
