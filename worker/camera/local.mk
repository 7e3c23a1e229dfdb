libworker_a_SOURCES += \
	worker/camera/source.c worker/camera/source.h \
	worker/camera/retry.c worker/camera/retry.h \
	worker/camera/rtsp_camera.c worker/camera/rtsp_camera.h \
	worker/camera/helper_camera.c worker/camera/helper_camera.h \
	worker/camera/key_request.c worker/camera/key_request.h \
	worker/camera/intake.c worker/camera/intake.h \
	worker/camera/feed.h

unit_tests += \
	tests/unit/worker/camera/test_source \
	tests/unit/worker/camera/test_helper_camera \
	tests/unit/worker/camera/test_retry \
	tests/unit/worker/camera/test_rtsp_camera \
	tests/unit/worker/camera/test_rtsp_camera_h265 \
	tests/unit/worker/camera/test_rtsp_camera_foreign \
	tests/unit/worker/camera/test_rtsp_camera_end \
	tests/unit/worker/camera/test_key_request \
	tests/unit/worker/camera/test_intake \
	tests/unit/worker/camera/test_intake_h265

EXTRA_DIST += \
	tests/unit/worker/camera/cameras.h
