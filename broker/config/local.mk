libbroker_a_SOURCES += \
	broker/config/yaml_core.c broker/config/yaml_core.h \
	broker/config/yaml.c broker/config/yaml.h \
	broker/config/config_source.c broker/config/config_source.h \
	broker/config/config_read.c broker/config/config_read.h \
	broker/config/config_value.c broker/config/config_value.h \
	broker/config/config_webrtc.c broker/config/config_webrtc.h \
	broker/config/config_rtsp.c broker/config/config_rtsp.h \
	broker/config/config_ice.c broker/config/config_ice.h \
	broker/config/config_streams.c broker/config/config_streams.h \
	broker/config/config_keys.c broker/config/config_keys.h \
	broker/config/config.c broker/config/config.h \
	broker/config/host.c broker/config/host.h

unit_tests += \
	tests/unit/broker/config/test_yaml \
	tests/unit/broker/config/test_config_source \
	tests/unit/broker/config/test_config_value \
	tests/unit/broker/config/test_config_webrtc \
	tests/unit/broker/config/test_config_ice \
	tests/unit/broker/config/test_config_streams \
	tests/unit/broker/config/test_config \
	tests/unit/broker/config/test_host

EXTRA_DIST += tests/unit/broker/config/loaded.h
