webdir = $(pkgdatadir)/web
dist_web_DATA = web/index.html web/lull.css web/icon.svg web/app.js \
	web/list.js web/watch.js web/words.js web/player.js \
	web/connection.js web/api.js web/thumbnail.js
