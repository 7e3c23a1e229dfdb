libworker_a_SOURCES += \
	worker/helper/helper.c worker/helper/helper.h

unit_tests += \
	tests/unit/worker/helper/test_helper
