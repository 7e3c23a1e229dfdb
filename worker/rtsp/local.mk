libworker_a_SOURCES += \
	worker/rtsp/camera_sdp.c worker/rtsp/camera_sdp.h \
	worker/rtsp/rtp_track.c worker/rtsp/rtp_track.h \
	worker/rtsp/camera_clock.c worker/rtsp/camera_clock.h

unit_tests += \
	tests/unit/worker/rtsp/test_camera_sdp \
	tests/unit/worker/rtsp/test_camera_sdp_values \
	tests/unit/worker/rtsp/test_camera_sdp_mutations \
	tests/unit/worker/rtsp/test_rtp_track \
	tests/unit/worker/rtsp/test_rtp_track_rtcp \
	tests/unit/worker/rtsp/test_rtp_track_mutations \
	tests/unit/worker/rtsp/test_camera_clock

EXTRA_DIST += \
	tests/unit/worker/rtsp/rtp_camera.h
