dist_man_MANS += man/lulld.8 man/lullctl.1 man/lull.yaml.5
