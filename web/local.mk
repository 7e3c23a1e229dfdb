webdir = $(pkgdatadir)/web
dist_web_DATA = web/index.html
